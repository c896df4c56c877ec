import { parse } from 'node:path';
import { createDiarizer, writeRttm } from 'diarist';

// Who spoke when in each of the given recordings: node examples/node-file/main.ts meeting.mp3 call.wav
await using diarizer = await createDiarizer({ model: 'embedded' });

for (const file of process.argv.slice(2)) {
  const { turns, speakers, duration, warnings } = await diarizer.diarize(file);

  console.log(`${file}: ${speakers.length} speakers in ${duration.toFixed(1)} s`);
  for (const { label, speechDuration } of speakers) console.log(`  ${label} talks for ${speechDuration.toFixed(1)} s`);
  for (const warning of warnings) console.log(`  ${warning}`);
  console.log(writeRttm({ uri: parse(file).name, turns }));
}
