/**
 * What an iterable gives, until the signal is aborted: then its reason is thrown at once. Whoever feeds a stream may have
 * stopped, and never give the block that is waited for.
 */
export async function* untilAborted<T>(
  iterable: AsyncIterable<T> | Iterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator: AsyncIterator<T> | Iterator<T> =
    Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  try {
    for (;;) {
      const { done, value } = await abortable(iterator.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    const returned = Promise.resolve(iterator.return?.());
    // A generator that is waiting returns only once it goes on.
    if (signal.aborted) returned.catch(() => undefined);
    else await returned;
  }
}

/** A listener for each wait: one promise for all of them would keep every block's reaction. */
export function abortable<T>(waiting: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    Promise.resolve(waiting)
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, reject);
  });
}
