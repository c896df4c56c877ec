import { Command } from 'commander';
import { addTaskOptions, type eachRecording } from './eachRecording.ts';
import { addDetectionOptions, addResultFileOptions, type DetectionFlags, detections, thresholdsOf } from './vad.ts';

/** `diarist overlap meeting.mp3`: where at least two people talk at once. */
export function overlapCommand(): Command {
  const command = new Command('overlap')
    .description('Find where two people or more talk at once')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input')
    .option('-m, --model <name>', 'a model with a segmentation network, or its folder or file (default: embedded)');
  addResultFileOptions(addDetectionOptions(command));
  return addTaskOptions(command)
    .addHelpText('after', '\nExample:\n  diarist overlap meeting.mp3 --min-duration-on 0.1 -o overlap.rttm')
    .action((paths: string[], flags: DetectionFlags) => overlap(paths, flags));
}

export async function overlap(paths: readonly string[], flags: DetectionFlags = {}): Promise<void> {
  await detections(paths, flags, segmentationOf(flags.model), 'OVERLAP', (recording, { toolkit, hearing }) =>
    toolkit.overlap(recording, { ...hearing, ...thresholdsOf(flags) }),
  );
}

/** A file is a network; anything else the name or folder of a model. */
export function segmentationOf(model: string | undefined): Parameters<typeof eachRecording>[2] {
  return model === undefined ? {} : model.toLowerCase().endsWith('.onnx') ? { segmentation: model } : { model };
}
