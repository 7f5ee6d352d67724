/** What can go wrong on the phone, each with a `code` that the page turns into words. */

export class OutboxProblem extends Error {
  /**
   * @param {string} code
   * @param {string} [detail]
   * @param {{cause?: unknown}} [options]
   */
  constructor(code, detail = code, options) {
    super(detail, options);
    this.name = "OutboxProblem";
    this.code = code;
  }
}

/** The disk or the browser's allowance is full. The form is still on the screen and the draft untouched. */
export class QuotaProblem extends OutboxProblem {
  /** @param {unknown} [cause] */
  constructor(cause) {
    super("quota", "no room left on this phone", { cause });
    this.name = "QuotaProblem";
  }
}

/** IndexedDB failed, or what was read back is not what was written. */
export class StoreProblem extends OutboxProblem {
  /**
   * @param {string} detail
   * @param {unknown} [cause]
   */
  constructor(detail, cause) {
    super("store", detail, { cause });
    this.name = "StoreProblem";
  }
}

/** Another tab has the record open in a form, or it is on its way this very moment. */
export class LeaseHeld extends OutboxProblem {
  /** @param {import("./types.js").Lease} lease */
  constructor(lease) {
    super(lease.tab.startsWith("sender:") ? "being-sent" : "open-elsewhere");
    this.name = "LeaseHeld";
    this.lease = lease;
  }
}

/** A 2xx has come: what follows is a supplement, never an edit. */
export class AlreadyReceived extends OutboxProblem {
  constructor() {
    super("already-received");
    this.name = "AlreadyReceived";
  }
}

/** More text than one record may carry (1 MB). */
export class TooLarge extends OutboxProblem {
  constructor() {
    super("too-large");
    this.name = "TooLarge";
  }
}

/** Nobody has ever signed in on this phone, so there is nobody to write as. */
export class OwnerUnknown extends OutboxProblem {
  constructor() {
    super("owner-unknown");
    this.name = "OwnerUnknown";
  }
}
