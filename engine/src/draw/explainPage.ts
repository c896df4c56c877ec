import type { Seconds } from '../core/segment.ts';
import { base64 } from './base64.ts';
import { escapeHtml, scriptJson } from './escape.ts';
import { EXPLAIN_SCRIPT } from './explainScript.ts';
import { EXPLAIN_STYLE } from './explainStyle.ts';
import type { PointsPicture, RunPicture } from './runPicture.ts';
import { scatter } from './scatter.ts';
import { NO_SPEAKER } from './speakerIndex.ts';

/**
 * One run of the pipeline as a page for people, complete in itself: every stage with a sentence and a picture on a common
 * time axis, and the turns as a table for those who read rather than look. It loads nothing: its policy forbids it, and
 * lets only this script run.
 */
export interface ExplainPageOptions {
  /** SHA-256 of {@link EXPLAIN_SCRIPT} in base64; a pure function cannot know it. */
  readonly scriptHash: string;
  /** The recording as a WAV file, for turns that play when they are clicked. */
  readonly wav?: Uint8Array;
}

export function explainPage(picture: RunPicture, { scriptHash, wav }: ExplainPageOptions): string {
  const { name, duration, model, speakers, warnings, turns } = picture;
  const title = `Who spoke when in ${name}`;
  const named = speakers.filter(({ speechDuration }) => speechDuration > 0);
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    "style-src 'unsafe-inline'",
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const facts = [
    clock(duration, duration),
    `${count(named.length, 'speaker')} in ${count(turns.length, 'turn')}`,
    `model ${model.name} ${model.version} (${model.licence})`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${EXPLAIN_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p class="facts">${facts.map(escapeHtml).join(' · ')}</p>
${warnings.map((warning) => `<p class="warning">${escapeHtml(warning)}</p>`).join('\n')}
${speakerList(picture)}
<noscript><p class="warning">The pictures are drawn by a script, which is switched off here; the table below has the turns.</p></noscript>
${wav ? '<audio id="player" controls preload="auto"></audio>' : ''}
${navigation()}
${sections(picture).join('\n')}
${table(picture)}
</main>
<script type="application/json" id="run">${scriptJson(encoded(picture))}</script>
${wav ? `<script type="text/plain" id="sound">${base64(wav)}</script>` : ''}
<script>${EXPLAIN_SCRIPT}</script>
</body>
</html>
`;
}

function speakerList({ speakers }: RunPicture): string {
  const named = speakers.filter(({ speechDuration }) => speechDuration > 0);
  const total = named.reduce((sum, { speechDuration }) => sum + speechDuration, 0);
  const items = named.map(
    ({ label, speechDuration }, index) =>
      `<li><span class="swatch s${index % 10}"></span><b>${escapeHtml(label)}</b> ${speechDuration.toFixed(1)} s, ${Math.round((100 * speechDuration) / total)} %</li>`,
  );
  return items.length === 0
    ? ''
    : `<ul class="speakers" aria-label="Speakers and how long they talk">${items.join('')}</ul>`;
}

function navigation(): string {
  const button = (id: string, text: string, label: string): string =>
    `<button id="zoom-${id}" aria-label="${label}" title="${label}">${text}</button>`;
  return `<nav aria-label="Part of the recording that is shown">
${canvas('overview', 'The whole recording, one speaker at a time, with the part that is shown framed')}
<div class="row">${button('left', '←', 'Earlier')}${button('right', '→', 'Later')}${button('in', '+', 'Nearer')}${button('out', '−', 'Farther')}${button('all', 'all', 'The whole recording')}
<span id="shown"></span></div>
</nav>`;
}

function sections(picture: RunPicture): string[] {
  const { windows, timeline, points, speakers, turns } = picture;
  const found: string[] = [];
  const add = (id: string, heading: string, text: string, body: string): void => {
    found.push(`<section aria-labelledby="${id}-title">
<div class="head"><h2 id="${id}-title"><i>${found.length + 1}</i>${heading}</h2><output id="${id}-read"></output></div>
<p>${text}</p>
${body}
</section>`);
  };
  const plot = (id: string, heading: string, text: string, before = ''): void =>
    add(id, heading, text, before + canvas(id, heading));

  plot(
    'wave',
    'The sound',
    'What the networks hear: one channel at 16 kHz. Each column reaches from the least to the greatest sample.',
  );
  if (windows) {
    const { duration, step, numChunks, numFrames, frameStep, numSpeakers, sets, isPowerset, chunks, bricks } = windows;
    plot(
      'window',
      'One window, enlarged',
      `Every ${round(step)} s a network listens to ${round(duration)} s of sound. In each of ${numFrames} frames, ${(1000 * frameStep).toFixed(0)} ms apart, it ${
        isPowerset
          ? `gives each of ${sets.length} sets of ${numSpeakers} local speakers a probability (stronger is likelier); the likeliest set is the decision, drawn below.`
          : `gives each of ${numSpeakers} local speakers a probability (stronger is likelier); above the threshold they talk, drawn below.`
      } Pale is overlapped speech, which the embedding of a voice looks away from where it can.${chunks.length < numChunks ? ` This page keeps the scores of ${chunks.length} windows.` : ''}`,
      '<label class="choose">which window <input id="choose" type="range" min="0" max="0" value="0"><span id="chosen"></span></label>',
    );
    const drawn = bricks.chunks.length < numChunks ? `, of which ${bricks.chunks.length} are kept in this page` : '';
    plot(
      'bricks',
      'All windows, each with its own numbers',
      `The ${count(numChunks, 'window')}${drawn}, stacked like bricks where they overlap. Local speaker 1 of one window need not be local speaker 1 of the next: the numbers are arbitrary. A click on a window enlarges it above${chunks.length < numChunks ? ', or the nearest whose scores are kept' : ''}.`,
    );
  }
  if (timeline)
    plot(
      'count',
      'How many talk',
      `In each frame the local speakers that talk are counted, averaged over the windows that hear the frame, and rounded: how many talk is known before who.${resolution(timeline)}`,
    );
  if (points) add('scatter', 'How the voices sound', pointsText(points), pointsBody(points));
  if (windows && points)
    plot(
      'clustered',
      'All windows, with the clusters’ numbers',
      'The same windows again, each local speaker in the colour of the cluster that its voice went to: now a colour is a person throughout.',
    );
  if (timeline && speakers.length > 0)
    plot(
      'votes',
      'What the windows say together',
      'The share of the windows that hear each person in a frame: at full height they all agree. Where windows differ, or part of them begins too late to hear a person, the share is lower.',
    );
  plot(
    'turns',
    'Who spoke when',
    turns.length === 0
      ? 'Nobody: no speech was found.'
      : 'As many people as were counted, those with the largest share, talk in a frame; consecutive frames are a turn. Turns may overlap.',
  );
  plot('exclusive', 'One at a time', 'The same with at most one person a frame: what a transcript is cut by.');
  return found;
}

function resolution({ framesPerBin, binDuration }: NonNullable<RunPicture['timeline']>): string {
  return framesPerBin === 1 ? '' : ` This page keeps one value every ${binDuration.toFixed(2)} s.`;
}

function pointsText({ dimension, numRows, numTraining, explained: [first, second], points }: PointsPicture): string {
  const drawn = points.length < numRows ? ` ${points.length} of them are drawn.` : '';
  return `A second network turns the frames of each local speaker into ${dimension} numbers, so that voices that sound alike lie near each other: ${count(numRows, 'vector')}, here seen in the two directions in which they spread most (${Math.round(100 * (first + second))} % of the whole).${drawn} The clusters are learnt from ${numTraining} that hold enough of one person alone; every other is assigned afterwards, to the nearest cluster as a rule.`;
}

function pointsBody(points: PointsPicture): string {
  const shape = (body: string): string => `<svg viewBox="0 0 14 14" aria-hidden="true">${body}</svg>`;
  const legend = [
    `<span>${shape('<circle cx="7" cy="7" r="5" fill="currentColor"/>')}learnt from</span>`,
    `<span>${shape('<path d="M7 1.5l5.5 10h-11z" fill="none" stroke="currentColor"/>')}assigned only</span>`,
    ...(points.points.some(({ speaker }) => speaker === NO_SPEAKER)
      ? [
          `<span>${shape('<path d="M3 3l8 8m-8 0l8-8" stroke="currentColor"/>')}left over: the others of its window took the clusters</span>`,
        ]
      : []),
  ];
  const svg = scatter(points, {
    title: 'Embeddings in two dimensions',
    desc: `${points.points.length} points, coloured by cluster. With the picture in focus, the left and right keys go from point to point.`,
  });
  return `${svg}<div class="legend">${legend.join('')}</div>`;
}

function canvas(id: string, label: string): string {
  return `<div class="plot"><canvas id="${id}" role="img" aria-label="${label}">${label}</canvas></div>`;
}

/** Beyond this many the table is folded. */
const MANY_TURNS = 60;

function table({ turns, speakers, duration }: RunPicture): string {
  if (turns.length === 0) return '';
  const rows = turns.map(([start, end, speaker]) => {
    const label = speakers[speaker]?.label ?? 'unknown';
    return `<tr><td>${clock(start, duration)}<td>${clock(end, duration)}<td>${(end - start).toFixed(2)}<td class="s${speaker % 10}">${escapeHtml(label)}`;
  });
  return `<section aria-labelledby="table-title">
<details${turns.length > MANY_TURNS ? '' : ' open'}><summary><h2 id="table-title" style="display:inline">The turns as a table</h2></summary>
<table id="table"><caption>${count(turns.length, 'turn')}; a row leads to its turn in the pictures.</caption>
<thead><tr><th scope="col">start</th><th scope="col">end</th><th scope="col">seconds</th><th scope="col">speaker</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table>
</details>
</section>`;
}

/** What the script reads: bytes as base64, nothing that it does not use. */
function encoded({ duration, speakers, wave, windows, timeline, points, turns, exclusiveTurns }: RunPicture): unknown {
  return {
    duration,
    speakers: speakers.map(({ label, speechDuration }) => ({ label, speechDuration })),
    wave: { ...wave, data: base64(wave.data) },
    windows: windows && {
      ...windows,
      scores: base64(windows.scores),
      active: base64(windows.active),
      bricks: {
        ...windows.bricks,
        numRuns: base64(new Uint8Array(windows.bricks.numRuns.buffer)),
        runs: base64(windows.bricks.runs),
        speakerOf: base64(windows.bricks.speakerOf),
      },
    },
    timeline: timeline && { ...timeline, count: base64(timeline.count), votes: base64(timeline.votes) },
    points: points?.points.map(({ speaker, training, start }) => ({ speaker, training, start })),
    turns,
    exclusiveTurns,
  };
}

/** 12.34 s, 1:02.34 or 1:01:02.34, as the length of the recording asks for. */
function clock(time: Seconds, duration: Seconds): string {
  const hundredths = Math.round(time * 100);
  const seconds = ((hundredths % 6000) / 100).toFixed(2);
  if (duration < 60) return `${(hundredths / 100).toFixed(2)} s`;
  const minutes = Math.floor(hundredths / 6000);
  const padded = seconds.padStart(5, '0');
  if (duration < 3600) return `${minutes}:${padded}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${padded}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
