import type { EngineResult, EngineTurn } from './engine.ts';

/** SPEAKER_00 is who is heard first, whatever number the engine's clustering gave: so the service's answers count. */
export function byFirstAppearance(result: EngineResult): EngineResult {
  const order = [
    ...new Set([...result.turns].sort((a, b) => a.start - b.start || a.end - b.end).map((t) => t.speaker)),
  ];
  for (const { label } of result.speakers) if (!order.includes(label)) order.push(label);
  const name = (label: string): string => `SPEAKER_${String(order.indexOf(label)).padStart(2, '0')}`;
  const renamed = (turn: EngineTurn): EngineTurn => ({ ...turn, speaker: name(turn.speaker) });
  const { confidence } = result;
  const shares = confidence?.shares.map((one) =>
    Object.fromEntries(Object.entries(one).map(([label, share]) => [name(label), share])),
  );
  return {
    ...result,
    turns: result.turns.map(renamed),
    exclusiveTurns: result.exclusiveTurns.map(renamed),
    speakers: result.speakers
      .map((one) => ({ ...one, label: name(one.label) }))
      .sort((a, b) => (a.label < b.label ? -1 : 1)),
    ...(confidence && shares ? { confidence: { ...confidence, shares } } : {}),
  };
}
