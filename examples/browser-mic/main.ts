// Records the microphone until the button is pressed again, then says who spoke when. Nothing leaves the browser.
import { createDiarizer, embeddedModel } from 'diarist/browser';

const [button, status, list] = ['button', 'p', 'ol'].map((name) => document.querySelector(name)) as [
  HTMLButtonElement,
  HTMLParagraphElement,
  HTMLOListElement,
];

const loading = createDiarizer({ model: embeddedModel('/embedded-v1/') });
let recorder: MediaRecorder | undefined;

button.onclick = async () => {
  if (recorder?.state === 'recording') return recorder.stop();
  // Voices as they are: echo cancellers and noise suppressors also change how people sound.
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  button.disabled = true; // a second click while the browser asks would begin a recording that nothing stops
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    status.textContent = `There is no microphone to hear: ${(error as Error).message}.`;
    return;
  } finally {
    button.disabled = false;
  }
  const parts: Blob[] = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    button.textContent = 'Record';
    void show(new Blob(parts, { type: recorder?.mimeType }));
  };
  recorder.start();
  button.textContent = 'Stop';
  status.textContent = 'Recording …';
};

async function show(recording: Blob): Promise<void> {
  status.textContent = 'Listening …';
  try {
    const { turns, speakers, warnings } = await (await loading).diarize(recording);
    const lines = turns.map(({ start, end, speaker }) => `${start.toFixed(2)} – ${end.toFixed(2)} s  ${speaker}`);
    list.replaceChildren(...lines.map((line) => Object.assign(document.createElement('li'), { textContent: line })));
    status.textContent = [`${speakers.length} speakers.`, ...warnings].join(' ');
  } catch (error) {
    status.textContent = (error as Error).message;
  }
}
