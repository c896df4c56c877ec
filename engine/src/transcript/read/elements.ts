import { isObject, type Json, objects, type RawSegment, type RawTranscript, type RawWord, stringOf } from '../raw.ts';
import { runs } from './services.ts';

/**
 * Formats in which punctuation is an element of its own, without a time: it goes to the word that it belongs to.
 *
 *     speechmatics   {format, results: [{type: word|punctuation|entity, start_time, end_time, attaches_to,
 *                                        alternatives: [{content, confidence, speaker, language}]}]}
 *     rev            {monologues: [{speaker, elements: [{type: text|punct|unknown, value, ts, end_ts}]}]}
 */
export function readSpeechmatics(source: Json): RawTranscript {
  const metadata = isObject(source['metadata']) ? source['metadata'] : {};
  const pack = isObject(metadata['language_pack_info']) ? metadata['language_pack_info'] : {};
  const job = isObject(source['job']) ? source['job'] : {};
  const words: MutableWord[] = [];
  let ahead: { text: string; origin: Json } | undefined;
  for (const result of objects(source['results'])) {
    const [best] = objects(result['alternatives']);
    const content = best && stringOf(best, 'content');
    if (content === undefined || content === '') continue;
    const last = words[words.length - 1];
    const to = result['type'] === 'punctuation' ? (result['attaches_to'] ?? 'previous') : 'none';
    if (last && (to === 'previous' || to === 'both')) {
      last.text += content;
      last.origins.push(best);
      continue;
    }
    if (to === 'next') {
      ahead = { text: (ahead?.text ?? '') + content, origin: best };
      continue;
    }
    words.push({
      text: (ahead?.text ?? '') + content,
      start: result['start_time'],
      end: result['end_time'],
      speaker: best['speaker'] === 'UU' ? undefined : best['speaker'],
      language: best['language'],
      channel: channelOf(result['channel']),
      confidence: best['confidence'],
      origins: ahead ? [ahead.origin, best] : [best],
    });
    ahead = undefined;
  }
  if (ahead && words.length > 0) words[words.length - 1].text += ahead.text;
  return {
    format: 'speechmatics',
    unit: 's',
    duration: job['duration'],
    segments: runs(words, { delimiter: stringOf(pack, 'word_delimiter') }),
  };
}

export function readRev(source: Json): RawTranscript {
  return {
    format: 'rev',
    unit: 's',
    language: source['language'],
    segments: objects(source['monologues']).map((monologue): RawSegment => {
      let text = '';
      const words: RawWord[] = [];
      for (const element of objects(monologue['elements'])) {
        const value = stringOf(element, 'value') ?? '';
        text += value;
        if (element['type'] === 'punct' || value.trim() === '') continue;
        const { ts, end_ts: end, confidence } = element;
        words.push({ text: value, start: ts, end, confidence, origins: [element] });
      }
      const info = isObject(monologue['speaker_info']) ? monologue['speaker_info'] : {};
      const { speaker, language } = monologue;
      return { text, words, speaker: stringOf(info, 'display_name') ?? speaker, language, origin: monologue };
    }),
  };
}

interface MutableWord extends RawWord {
  text: string;
  origins: object[];
}

/** Speechmatics names channels: `channel_1`. */
function channelOf(value: unknown): unknown {
  const number = typeof value === 'string' ? /(\d+)$/.exec(value)?.[1] : undefined;
  return number === undefined ? value : Math.max(0, Number(number) - 1);
}
