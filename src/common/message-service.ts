/** What answers messages that a guest writes to a device. */

export interface MessageService {
  /** The longest request, in bytes. */
  readonly longestRequest: number;
  /** A conversation with one opener of the device; null where there are too many. */
  open(): MessageSession | null;
}

export interface MessageSession {
  /** The reply to a request, which may hold anything. Asked again only after it was given. */
  answer(request: Uint8Array<ArrayBuffer>): Promise<Uint8Array>;
  /** The opener is gone, maybe while a reply is due. */
  close(): void;
}
