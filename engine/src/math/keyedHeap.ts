/**
 * A binary min-heap over the keys 0…n-1 whose values can be changed by key: O(log n) for each change and removal.
 * Which of two equal values comes out first follows from the order of swaps, which is the one of SciPy's linkage heap:
 * a parent is swapped only with a strictly smaller child, the left child is preferred, and removal moves the last entry
 * to the root. Linkage of points with equal distances depends on it.
 */
export class KeyedHeap {
  readonly #values: Float64Array;
  readonly #keys: Int32Array;
  /** Where each key stands in the heap. */
  readonly #places: Int32Array;
  #size: number;

  /** Key k starts with `values[k]`. */
  constructor(values: Float64Array) {
    this.#size = values.length;
    this.#values = values.slice();
    this.#keys = Int32Array.from(values, (_, k) => k);
    this.#places = this.#keys.slice();
    for (let at = (this.#size >> 1) - 1; at >= 0; at--) this.#siftDown(at);
  }

  /** The key of the smallest value. */
  get minKey(): number {
    return this.#keys[0];
  }

  removeMin(): void {
    this.#size--;
    this.#swap(0, this.#size);
    this.#siftDown(0);
  }

  change(key: number, value: number): void {
    const at = this.#places[key];
    const old = this.#values[at];
    this.#values[at] = value;
    if (value < old) this.#siftUp(at);
    else this.#siftDown(at);
  }

  #siftUp(from: number): void {
    const values = this.#values;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!(values[parent] > values[at])) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #siftDown(from: number): void {
    const values = this.#values;
    let at = from;
    for (let child = 2 * at + 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && values[child + 1] < values[child]) child++;
      if (!(values[at] > values[child])) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(a: number, b: number): void {
    const value = this.#values[a];
    this.#values[a] = this.#values[b];
    this.#values[b] = value;
    const keyA = this.#keys[a];
    const keyB = this.#keys[b];
    this.#keys[a] = keyB;
    this.#keys[b] = keyA;
    this.#places[keyA] = b;
    this.#places[keyB] = a;
  }
}
