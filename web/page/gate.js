// At most so many jobs at once, first come first served; one that is called off while it waits never starts.

export class Gate {
  constructor(width) {
    this.free = width;
    this.waiting = [];
  }

  async run(job, signal) {
    if (this.free === 0) {
      await new Promise((resolve) => {
        this.waiting.push({ resolve, signal });
      });
    } else {
      --this.free;
    }
    try {
      signal?.throwIfAborted();
      return await job();
    } finally {
      this.next();
    }
  }

  next() {
    const one = this.waiting.shift();
    if (one) {
      one.resolve(); // takes the place over; an aborted one gives it on at once
    } else {
      ++this.free;
    }
  }
}
