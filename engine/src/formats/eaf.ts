import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { FormatError } from '../core/errors.ts';
import type { Segment } from '../core/segment.ts';
import { toMilliseconds } from './clock.ts';
import { lanes } from './lanes.ts';
import { type Place, quote, type ReadOptions, recordingName } from './lines.ts';
import { textOf } from './prefix.ts';
import { Gathering, type TextAnnotation, UNKNOWN } from './turns.ts';

/**
 * ELAN's annotation format (EAF 3.0, Max Planck Institute for Psycholinguistics). Times are slots in whole
 * milliseconds, listed first; a tier is a speaker (its participant, or else its name), an annotation a turn with its
 * text. Tiers below another one (words, translations) belong to turns that are read already, and are passed over
 * unless asked for. Annotations in a row whose inner slots have no times share the row's time evenly, as ELAN shows
 * them. An annotation that has no slots but refers to another one has that one's time; several in a row share it evenly.
 */
export function parseEaf(text: string, options: ReadOptions = {}): TextAnnotation {
  const { file, tiers: wanted } = options;
  const uri = recordingName(options);
  const { slots, tiers } = readDocument(text, file);
  const read = tiers.filter(({ name, parent }) => (wanted ? wanted.includes(name) : parent === undefined));
  if (wanted && read.length === 0) {
    const names = tiers.map(({ name }) => name).join(', ') || 'none';
    throw new FormatError(`got the tiers ${names} when ${wanted.join(', ')} was to be read`, { file });
  }
  const spanOf = spans(tiers, timesOf(slots, tiers, file));
  const gathering = new Gathering();
  gathering.open(uri);
  for (const { name, participant, annotations } of read) {
    const speaker = participant.trim() || name.trim() || UNKNOWN;
    for (const one of annotations) {
      const { value, at } = one;
      const { start, end } = spanOf(one);
      const words = value.trim();
      gathering.add(uri, start, end, { speaker, ...(words === speaker ? {} : textOf(words)) }, at);
    }
  }
  return gathering.annotations()[0];
}

export interface EafOptions {
  /** When the file was made, as ELAN wants to know: an ISO date and time. */
  readonly date?: string;
}

/** One recording as EAF. It names no media file: ELAN asks for one, or takes the one opened beside it. */
export function writeEaf({ turns }: TextAnnotation, { date = '1970-01-01T00:00:00Z' }: EafOptions = {}): string {
  const slots: { id: string; milliseconds: number }[] = [];
  const tiers: string[] = [];
  const taken = new Set<string>();
  const slot = (milliseconds: number) => {
    const id = `ts${slots.length + 1}`;
    slots.push({ id, milliseconds });
    return id;
  };
  let numAnnotations = 0;
  const all = lanes(turns);
  for (const { speaker } of all) taken.add(speaker);
  for (const { speaker, index, turns: own } of all) {
    let id = speaker;
    for (let n = index + 1; index > 0 && taken.has(id); n++) id = `${speaker} (${n})`;
    taken.add(id);
    tiers.push(
      `    <TIER LINGUISTIC_TYPE_REF="default-lt" PARTICIPANT="${escapeXml(speaker)}" TIER_ID="${escapeXml(id)}">\n`,
    );
    for (const { start, end, text } of own) {
      const from = toMilliseconds(start);
      const refs = `TIME_SLOT_REF1="${slot(from)}" TIME_SLOT_REF2="${slot(Math.max(from + 1, toMilliseconds(end)))}"`;
      tiers.push(
        `        <ANNOTATION>\n            <ALIGNABLE_ANNOTATION ANNOTATION_ID="a${++numAnnotations}" ${refs}>\n`,
        `                <ANNOTATION_VALUE>${escapeXml(text || speaker)}</ANNOTATION_VALUE>\n`,
        '            </ALIGNABLE_ANNOTATION>\n        </ANNOTATION>\n',
      );
    }
    tiers.push('    </TIER>\n');
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<ANNOTATION_DOCUMENT AUTHOR="" DATE="${escapeXml(date)}" FORMAT="3.0" VERSION="3.0"`,
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">\n',
    '    <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n',
    `        <PROPERTY NAME="lastUsedAnnotationId">${numAnnotations}</PROPERTY>\n    </HEADER>\n`,
    '    <TIME_ORDER>\n',
    ...slots
      .sort((a, b) => a.milliseconds - b.milliseconds)
      .map((one) => `        <TIME_SLOT TIME_SLOT_ID="${one.id}" TIME_VALUE="${one.milliseconds}"/>\n`),
    '    </TIME_ORDER>\n',
    ...tiers,
    '    <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>\n',
    '</ANNOTATION_DOCUMENT>\n',
  ].join('');
}

interface Slot {
  readonly id: string;
  readonly milliseconds: number | undefined;
}

interface Tier {
  readonly name: string;
  readonly participant: string;
  readonly parent: string | undefined;
  readonly annotations: Annotated[];
}

/** An annotation by its time slots, or by the one that it refers to. */
interface Annotated {
  readonly id: string | undefined;
  readonly time: { readonly from: string; readonly to: string } | { readonly ref: string; readonly previous?: string };
  value: string;
  readonly at: Place;
}

function readDocument(text: string, file: string | undefined): { slots: Slot[]; tiers: Tier[] } {
  const parser = new SaxesParser();
  const slots: Slot[] = [];
  const tiers: Tier[] = [];
  let value: string | undefined;
  let root = true;
  const place = (): Place => ({ file, line: parser.line });
  parser.on('error', (error) => {
    // saxes puts "line:column: " before its reason.
    throw new FormatError(`is not well-formed XML: ${error.message.replace(/^[\d:]+ /, '')}`, place(), {
      cause: error,
    });
  });
  parser.on('opentag', ({ name, attributes }: SaxesTagPlain) => {
    if (root && name !== 'ANNOTATION_DOCUMENT') {
      throw new FormatError(`got <${name}> when an ELAN file starts with <ANNOTATION_DOCUMENT>`, place());
    }
    root = false;
    const need = (attribute: string) => {
      const found = attributes[attribute];
      if (found === undefined) throw new FormatError(`got <${name}> without ${attribute}`, place());
      return found;
    };
    if (name === 'HEADER' && (attributes.TIME_UNITS ?? 'milliseconds') !== 'milliseconds') {
      throw new FormatError(
        `got the time unit ${quote(attributes.TIME_UNITS)} when milliseconds were expected`,
        place(),
      );
    }
    if (name === 'TIME_SLOT') {
      const time = attributes.TIME_VALUE;
      if (time !== undefined && !/^\d+$/.test(time)) {
        throw new FormatError(`got ${quote(time)} for a TIME_VALUE when whole milliseconds were expected`, place());
      }
      slots.push({ id: need('TIME_SLOT_ID'), milliseconds: time === undefined ? undefined : Number(time) });
    }
    if (name === 'TIER') {
      const { PARTICIPANT: participant = '', PARENT_REF: parent } = attributes;
      tiers.push({ name: need('TIER_ID'), participant, parent, annotations: [] });
    }
    if (name === 'ALIGNABLE_ANNOTATION') {
      const time = { from: need('TIME_SLOT_REF1'), to: need('TIME_SLOT_REF2') };
      tiers.at(-1)?.annotations.push({ id: attributes.ANNOTATION_ID, time, value: '', at: place() });
    }
    if (name === 'REF_ANNOTATION') {
      const time = { ref: need('ANNOTATION_REF'), previous: attributes.PREVIOUS_ANNOTATION };
      tiers.at(-1)?.annotations.push({ id: need('ANNOTATION_ID'), time, value: '', at: place() });
    }
    if (name === 'ANNOTATION_VALUE') value = '';
  });
  const add = (part: string) => {
    if (value !== undefined) value += part;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', ({ name }: SaxesTagPlain) => {
    if (name !== 'ANNOTATION_VALUE') return;
    const last = tiers.at(-1)?.annotations.at(-1);
    if (last && value !== undefined && last.value === '') last.value = value;
    value = undefined;
  });
  parser.write(text).close();
  return { slots, tiers };
}

/**
 * Seconds of each slot. Those without a time lie evenly in the row of annotations that they divide, or, where no row
 * tells, between the neighbours in the file that have one: slots of other tiers may stand between those of a row.
 */
function timesOf(slots: readonly Slot[], tiers: readonly Tier[], file: string | undefined): Map<string, number> {
  const times = new Map<string, number>();
  const given = new Map(slots.map(({ id, milliseconds }) => [id, milliseconds]));
  for (const { annotations } of tiers) shareRows(annotations, given, times);
  let known = -1;
  for (let i = 0; i < slots.length; i++) {
    const { id, milliseconds } = slots[i];
    if (milliseconds === undefined) continue;
    times.set(id, milliseconds / 1000);
    const before = known < 0 ? 0 : slots[known].milliseconds!;
    for (let k = known + 1; k < i; k++) {
      if (times.has(slots[k].id)) continue;
      times.set(slots[k].id, (before + ((milliseconds - before) * (k - known)) / (i - known)) / 1000);
    }
    known = i;
  }
  if (known < slots.length - 1) {
    throw new FormatError(`got no time for the last time slot ${quote(slots.at(-1)?.id)}`, { file });
  }
  return times;
}

/** Adds the times within each row of annotations that hang together, from a slot that has one to the next. */
function shareRows(
  annotations: readonly Annotated[],
  given: ReadonlyMap<string, number | undefined>,
  times: Map<string, number>,
): void {
  const next = new Map(annotations.flatMap(({ time }) => ('ref' in time ? [] : [[time.from, time.to]])));
  const seen = new Set<string>();
  for (const first of next.keys()) {
    const start = given.get(first);
    if (start === undefined) continue;
    const row: string[] = [];
    let at = next.get(first);
    while (at !== undefined && given.get(at) === undefined && !seen.has(at)) {
      row.push(at);
      seen.add(at);
      at = next.get(at);
    }
    const end = at === undefined ? undefined : given.get(at);
    if (end === undefined) continue;
    row.forEach((id, i) => {
      times.set(id, (start + ((end - start) * (i + 1)) / (row.length + 1)) / 1000);
    });
  }
}

/** Seconds of each annotation. Those of one tier that refer to the same one share its time evenly. */
function spans(tiers: readonly Tier[], times: ReadonlyMap<string, number>): (one: Annotated) => Segment {
  const byId = new Map<string | undefined, Annotated>();
  const shares = new Map<Annotated, { index: number; of: number }>();
  for (const { annotations } of tiers) {
    const byRef = new Map<string, Annotated[]>();
    for (const one of annotations) {
      byId.set(one.id, one);
      if (!('ref' in one.time)) continue;
      const list = byRef.get(one.time.ref);
      if (list) list.push(one);
      else byRef.set(one.time.ref, [one]);
    }
    for (const row of byRef.values()) {
      chained(row).forEach((one, index) => {
        shares.set(one, { index, of: row.length });
      });
    }
  }

  // Each step up is to another tier, so more steps than tiers go round in a circle.
  function spanOf(one: Annotated, steps: number): Segment {
    const { time, at } = one;
    if (!('ref' in time)) {
      const start = times.get(time.from);
      const end = times.get(time.to);
      if (start !== undefined && end !== undefined) return { start, end };
      const [from, to] = [quote(time.from), quote(time.to)];
      throw new FormatError(`got the time slots ${from} and ${to}, not both of which are in the file`, at);
    }
    const parent = byId.get(time.ref);
    if (!parent) throw new FormatError(`got a reference to ${quote(time.ref)}, which is not in the file`, at);
    if (steps > tiers.length) throw new FormatError(`got a reference to ${quote(time.ref)} that leads back to it`, at);
    const { start, end } = spanOf(parent, steps + 1);
    const { index, of } = shares.get(one)!;
    const edge = (i: number) => (i === of ? end : start + ((end - start) * i) / of);
    return { start: edge(index), end: edge(index + 1) };
  }
  return (one) => spanOf(one, 1);
}

/** In the order of their links to the one before; as they come where these don't tell. */
function chained(row: readonly Annotated[]): readonly Annotated[] {
  const after = new Map(row.map((one) => ['ref' in one.time ? one.time.previous : undefined, one]));
  const ordered: Annotated[] = [];
  for (let one = after.get(undefined); one && ordered.length < row.length; one = after.get(one.id)) ordered.push(one);
  return new Set(ordered).size === row.length ? ordered : row;
}

/** For attributes and text. Characters that XML 1.0 doesn't have (section 2.2) become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, (blank) => `&#${blank.charCodeAt(0)};`);
}
