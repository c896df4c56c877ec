/**
 * Runs work that tells an observer what is going on. The observer is called and not waited for; what it throws ends the
 * work with that error, and so does a promise of it that is rejected: at the next event or at the end. Nobody else holds
 * that promise, and unhandled it would end the whole program.
 */
export async function observed<E, T>(
  observe: ((event: E) => unknown) | undefined,
  work: (observe: ((event: E) => void) | undefined) => Promise<T>,
): Promise<T> {
  if (observe === undefined) return work(undefined);
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  const tell = (event: E): void => {
    if (failure !== undefined) throw failure.error;
    const answer = observe(event);
    if (!isPromise(answer)) return;
    answer.then(undefined, (error: unknown) => {
      if (ended) throw error; // too late to be told in another way
      failure ??= { error };
    });
  };
  try {
    const result = await work(tell);
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
    return result;
  } finally {
    ended = true;
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
}
