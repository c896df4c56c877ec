// Channels: what they hold, how to diarize them. docs/channels.md explains it.

export { type AnalyzeOptions, analyzeChannels, type ChannelAnalysis, MAX_CHANNELS } from './analysis.ts';
export { type ChannelMethod, type ChannelRequest, chooseMethod, type MethodChoice } from './choose.ts';
export { type LinkedSpeaker, linkSpeakers } from './link.ts';
export { type ChannelTurn, type MergedChannels, mergeChannels, splitTurns } from './merge.ts';
export { type OwnSpeech, ownSpeech } from './ownSpeech.ts';
export type { ChannelVerdict, PairRelation } from './verdicts.ts';
