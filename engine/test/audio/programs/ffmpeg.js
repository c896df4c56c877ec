#!/usr/bin/env node
// Stands for FFmpeg in ffmpeg.test.ts: says and writes what FFmpeg 5.1 would, as FAKE_FFMPEG asks.
import { writeSync } from 'node:fs';

const [how, value] = (process.env.FAKE_FFMPEG ?? '').split('=');
const input = process.argv[process.argv.indexOf('-i') + 1];
const say = (text) => writeSync(2, `${text}\n`);

/** What FFmpeg writes into a pipe: sizes unknown, WAVE_FORMAT_EXTENSIBLE, then samples. */
function wav(numChannels, sampleRate, numFrames) {
  const head = Buffer.alloc(68);
  head.write('RIFF\xff\xff\xff\xffWAVEfmt ', 0, 'latin1');
  head.writeUInt32LE(40, 16);
  head.writeUInt16LE(0xfffe, 20);
  head.writeUInt16LE(numChannels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * numChannels * 4, 28);
  head.writeUInt16LE(numChannels * 4, 32);
  head.writeUInt16LE(32, 34);
  head.writeUInt16LE(22, 36);
  head.writeUInt16LE(32, 38);
  head.writeUInt16LE(3, 44);
  head.write('data\xff\xff\xff\xff', 60, 'latin1');
  const samples = Buffer.alloc(numFrames * numChannels * 4);
  for (let i = 0; i < numFrames * numChannels; i++) samples.writeFloatLE((i % numChannels) / 8 + 0.125, i * 4);
  return Buffer.concat([head, samples]);
}

const described = (duration, ...streams) => {
  say(`Input #0, mov,mp4,m4a,3gp,3g2,mj2, from '${input}':\n  Duration: 00:00:${duration}, start: 0.000000`);
  for (const [i, stream] of streams.entries()) say(`  Stream #0:${i}[0x1](und): ${stream}`);
};

switch (how) {
  case 'sound':
    described(value, 'Video: h264 (High)', 'Audio: aac (LC) (mp4a / 0x6134706D), 8000 Hz, stereo, fltp');
    process.stdout.write(wav(2, 8000, 8000));
    break;
  case 'cover':
    described(value, 'Audio: aac (LC)', 'Video: mjpeg (Baseline), yuvj420p, 64x64, 90k tbr, 90k tbn (attached pic)');
    process.stdout.write(wav(2, 8000, 8000));
    break;
  case 'soundless':
    described('05.00', 'Video: h264 (High)');
    say("Stream map '0:a:0' matches no streams.");
    process.exitCode = 1;
    break;
  case 'indexless':
    say('[mov,mp4 @ 0x1] moov atom not found');
    say(`${input}: Invalid data found when processing input`);
    process.exitCode = 1;
    break;
  case 'nonsense':
    say(`${input}: Invalid data found when processing input`);
    process.exitCode = 1;
    break;
  case 'endless': {
    described('59.00', 'Audio: aac (LC)');
    process.stdout.write(wav(1, 8000, 8000));
    const more = Buffer.alloc(32000);
    const write = () => process.stdout.write(more, write);
    write();
    break;
  }
}
