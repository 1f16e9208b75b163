/**
 * A process that does graphics for one guest, started by `GraphicsProcess`: the driver, its crashes and what never ends stay
 * in here. It answers each message with a reply and the counters.
 */
import type { MessageSession } from '../../common/message-service.ts';
import { Gpu } from '../gpu.ts';
import { GuestGpu } from '../guest/service.ts';
import { nodeGpuHost } from './index.ts';
import type { FromProcess, ToProcess } from './process-messages.ts';

const service = new GuestGpu(new Gpu(nodeGpuHost));
const sessions = new Map<number, MessageSession>();

process.on('message', (message: ToProcess) => {
  if (message.kind === 'close') {
    sessions.get(message.session)?.close();
    sessions.delete(message.session);
    return;
  }
  void answer(message);
});
process.on('disconnect', () => process.exit());

async function answer({ session: id, number, request }: Extract<ToProcess, { kind: 'ask' }>): Promise<void> {
  const session = sessions.get(id) ?? service.open();
  // The other side counts too, so there is always room.
  if (session === null) return process.exit(1);
  sessions.set(id, session);
  // A view of a larger buffer may have come; offsets in a request count from its start.
  const reply = await session.answer(new Uint8Array(request));
  const sent: FromProcess = { number, reply, counters: service.counters() };
  process.send?.(sent);
}
