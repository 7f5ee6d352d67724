/**
 * The words of the outbox, as types only: nothing here runs.
 * The body of a record (`form`) IS the body of fieldapp/sync/payloads.py, with its JSON names; there is no second model.
 *
 * @typedef {string} Id  UUIDv7
 * @typedef {"visit"|"supplement"|"issue_event"|"follow_up"} RecordType
 * @typedef {"draft"|"saved"|"sealed"|"sent"|"needs_you"} RecordState
 * @typedef {"kept"|"wanted"|"uploading"|"stored"|"unreadable"|"refused"|"withdrawn"} PhotoState
 * @typedef {"progress"|"before"|"after"|"meeting"|"document"|"other"} PhotoRole
 *
 * @typedef {{said: string, at: string|null}} Occurred  `said` = VisitBody.said_when; `at` = ISO with offset, null for "now"
 * @typedef {{tab: string, until: number}} Lease  until: ms of the phone's clock
 * @typedef {{code: string, status: number|null, since: number}} Problem
 * @typedef {Record<string, any>} Form  a VisitBody, SupplementBody, IssueEvent or FollowUpAct in JSON names
 *
 * @typedef {object} Draft  what an open edit of a saved record would change; becomes the record at the next save
 * @property {Form} form
 * @property {Occurred} occurred
 * @property {Id[]} photo_ids
 *
 * @typedef {object} OutboxRecord
 * @property {Id} id
 * @property {Id} owner
 * @property {RecordType} type
 * @property {RecordState} state
 * @property {Id|null} device
 * @property {number|null} seq  given at the first save
 * @property {number} rev
 * @property {string|null} replaces  SHA-256 of the sealed revision before
 * @property {Form} form
 * @property {Occurred} occurred
 * @property {string} recorded_at  when the draft was begun, ISO with offset
 * @property {number|null} clock_offset_ms
 * @property {string|null} clock_measured_at
 * @property {Id[]} photo_ids  in the officer's order
 * @property {Draft|null} edit  an edit of an already saved record that is not saved yet
 * @property {ArrayBuffer|null} sealed
 * @property {string|null} sha256
 * @property {boolean} ever_2xx
 * @property {Receipt|null} receipt
 * @property {boolean} recheck  a restored server is to be asked again about this one
 * @property {Record<string, any>|null} outcome  what the reference data said about it last (number, state, reason)
 * @property {Record<Id, string>} [issue_numbers]  every one that a receipt has told
 * @property {number} tries
 * @property {number} next_at  ms; 0 = at once
 * @property {Problem|null} problem
 * @property {number} created_at
 * @property {number|null} saved_at
 * @property {number|null} sent_at
 * @property {number|null} exported_at
 * @property {Lease|null} lease
 * @property {string} app_version
 * @property {string} title  the project's name, for lists
 *
 * @typedef {object} Photo  without its bytes: those are in the store `bytes`, asked for by `photoBytes`
 * @property {Id} id
 * @property {Id} record
 * @property {ArrayBuffer|null} thumb  JPEG, longest edge 320 px
 * @property {boolean} has_bytes
 * @property {string} type
 * @property {number} size
 * @property {string|null} sha256  of the bytes that will be uploaded; null until hashed
 * @property {string|null} sha256_camera
 * @property {string|null} taken_at  ISO with offset
 * @property {PhotoRole} role
 * @property {string} caption
 * @property {string} viewpoint
 * @property {boolean} sensitive
 * @property {number|null} width
 * @property {number|null} height
 * @property {boolean} shrunk
 * @property {number} shrinking_until  ms; sealing waits until then for the 2048 px version, 0 = not waiting
 * @property {string|null} shrink_failed
 * @property {boolean} sealed  listed in sealed bytes: its own bytes never change again
 * @property {PhotoState} state
 * @property {string|null} reason
 * @property {string|null} upload_url
 * @property {boolean} [begun]  bytes of it have been sent at least once
 * @property {number} offset
 * @property {number} tries
 * @property {number} next_at
 * @property {number|null} piece  bytes in one request; null = the whole photo
 * @property {number|null} piece_limit  what a proxy on the way was seen to accept
 * @property {number} bad_hash  how often the server's hash did not match ours in a row
 * @property {Problem|null} problem
 * @property {Id|null} withdrawal  the record that told the server about its withdrawal
 * @property {boolean} exported
 * @property {Record<string, any>} exif_claimed
 * @property {Record<string, any>|null} position
 *
 * @typedef {object} Receipt  payloads.Receipt
 * @property {Id} id
 * @property {string} payload_sha256
 * @property {string} server_epoch
 * @property {"placed"|"unfiled"|"unplaced"|"held"|"not_applied"|"variant"} state
 * @property {boolean} [needs_review]
 * @property {{id: Id, state: string, reason?: string|null}[]|"unknown"} photos
 * @property {boolean} complete
 * @property {string|null} [number]
 * @property {Record<Id, string>} [issue_numbers]
 * @property {string|null} [reason]
 * @property {string} [received_at]
 * @property {string} [server_time]
 *
 * @typedef {{now: () => number, isoLocal: (ms: number) => string}} Clock
 * @typedef {{fill: (bytes: Uint8Array) => Uint8Array, float: () => number}} Random
 *
 * @typedef {object} Answer
 * @property {number} status  0 when there was none
 * @property {Record<string, string>} headers  names in lower case
 * @property {any} json  null when the body is not JSON
 * @property {boolean} networkError  no answer, a redirect, a timeout
 *
 * @typedef {{headers?: Record<string, string>, timeout?: number}} SendOptions
 * @typedef {object} Send
 * @property {(url: string, options?: SendOptions) => Promise<Answer>} get
 * @property {(url: string, options?: SendOptions) => Promise<Answer>} head
 * @property {(url: string, body: ArrayBuffer|Uint8Array|string, options?: SendOptions) => Promise<Answer>} put
 * @property {(url: string, body: ArrayBuffer|Uint8Array|string, options?: SendOptions) => Promise<Answer>} post
 * @property {(url: string, body: ArrayBuffer|Uint8Array|string, options?: SendOptions) => Promise<Answer>} patch
 *
 * @typedef {object} StoreTx  inside `store.tx`: only these may be awaited
 * @property {(store: string, key: string) => Promise<any>} get
 * @property {(store: string, index?: string|null, key?: any) => Promise<any[]>} list
 * @property {(store: string, value: any) => Promise<void>} put
 * @property {(store: string, key: string) => Promise<void>} remove
 *
 * @typedef {object} Store
 * @property {(store: string, key: string) => Promise<any>} get
 * @property {(store: string, index?: string|null, key?: any) => Promise<any[]>} list
 * @property {(store: string, index: string|null, key?: any) => Promise<number>} count
 * @property {(store: string, value: any) => Promise<void>} put  one strict transaction
 * @property {<T>(stores: string[], work: (tx: StoreTx) => Promise<T>) => Promise<T>} tx  one strict readwrite transaction
 * @property {() => void} close
 *
 * @typedef {{bytes: ArrayBuffer, type: string, width: number, height: number, thumb: ArrayBuffer|null}} Shrunk
 * @typedef {(bytes: ArrayBuffer, type: string) => Promise<Shrunk|{failed: string}>} Shrink
 *
 * @typedef {{kind: "records"|"reference"|"user"|"progress"|"signed-out", id?: Id, photo?: Id}} News
 * @typedef {{announce: (news: News) => void, subscribe: (listener: (news: News) => void) => (() => void), close: () => void}} Channel
 *
 * @typedef {object} Locks  the part of navigator.locks that is used
 * @property {(name: string, options: {ifAvailable?: boolean, steal?: boolean}, held: (lock: any) => Promise<any>) => Promise<any>} request
 *
 * @typedef {object} Ctx  what every function of the outbox takes first; the page makes one with `openContext` (context.js)
 * @property {Store} store
 * @property {Send} send
 * @property {Clock} clock
 * @property {Random} random
 * @property {Locks|null} locks
 * @property {string} tab  this page's name in leases
 * @property {(tab: string) => Promise<boolean|null>} tabAlive  null = cannot be known
 * @property {(tab: string) => Promise<void>} tabGone  resolves when that page is closed; never where it cannot be known
 * @property {string} appVersion
 * @property {Channel} channel
 * @property {Shrink|null} shrink
 * @property {() => Promise<boolean|null>} persisted
 * @property {() => Promise<boolean|null>} persist  asks the browser never to evict this origin
 * @property {Mirror|null} mirror
 *
 * @typedef {object} Mirror  where the queue's length is remembered outside IndexedDB
 * @property {{getItem: (key: string) => string|null, setItem: (key: string, value: string) => void}|null} local
 * @property {{cookie: string}|null} jar  the page's `document`
 * @property {boolean} secure
 *
 * @typedef {object} Row  one line of the outbox page
 * @property {OutboxRecord} record  `sealed` left out
 * @property {Photo[]} photos  in order
 * @property {Place} place
 * @property {number} stored  photos that have arrived
 * @property {boolean} open_elsewhere  another living tab holds it in a form
 *
 * @typedef {"draft"|"saved"|"waiting"|"sending"|"sent"|"needs_you"} Place  已存本机 saved · 待上传 waiting · 上传中 sending · 已上传 sent · 需处理 needs_you
 *
 * @typedef {object} Summary
 * @property {number} drafts
 * @property {number} saved
 * @property {number} waiting
 * @property {number} sending
 * @property {number} needs_you
 * @property {number} sent_recently  in the last 24 hours
 * @property {number} others  unsent records of other people on this phone: a number, never their content
 *
 * @typedef {object} RunResult
 * @property {number} sent  records that became complete
 * @property {number} received  answers with a receipt
 * @property {boolean} locked  another page is sending
 * @property {boolean} signIn  401: everything kept, the officer must sign in
 * @property {boolean} otherUser  somebody else is signed in now: nothing was sent as him
 * @property {boolean} offline  the network gave up
 * @property {number|null} next_at  when the earliest kept item is due again
 */

export {};
