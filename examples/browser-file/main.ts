// Who spoke when in a file that the user chooses. Nothing leaves the browser.
import { createDiarizer, embeddedModel } from 'diarist/browser';

const [input, button, progress, status, list] = ['input', 'button', 'progress', 'p', 'ol'].map((name) =>
  document.querySelector(name),
) as [HTMLInputElement, HTMLButtonElement, HTMLProgressElement, HTMLParagraphElement, HTMLOListElement];

const loading = createDiarizer({ model: embeddedModel('/embedded-v1/') });
let controller = new AbortController();
button.onclick = () => controller.abort();

input.onchange = async () => {
  const [file] = input.files ?? [];
  if (!file) return;
  controller.abort(); // a file that is still being heard is given up for this one
  controller = new AbortController();
  const { signal } = controller;
  const newest = () => signal === controller.signal;
  button.disabled = false;
  progress.value = 0;
  list.replaceChildren();
  status.textContent = 'Listening …';
  try {
    const diarizer = await loading;
    const { turns, speakers, warnings } = await diarizer.diarize(file, {
      signal,
      observe(event) {
        // Some files don't say how long they are: then the bar stays where it is.
        if (event.type === 'progress' && event.stage === 'embedding' && event.total)
          progress.value = event.done / event.total;
      },
    });
    list.append(
      ...turns.map(({ start, end, speaker }) => {
        const item = document.createElement('li');
        item.textContent = `${start.toFixed(2)} – ${end.toFixed(2)} s  ${speaker}`;
        return item;
      }),
    );
    status.textContent = [`${speakers.length} speakers.`, ...warnings].join(' ');
  } catch (error) {
    if (newest()) status.textContent = (error as Error).message;
  } finally {
    if (newest()) button.disabled = true;
  }
};
