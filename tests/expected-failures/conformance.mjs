// @ts-check
/**
 * Cases of tests/conformance that fail today, each with its reason. A case listed here that passes is a failure too.
 * @type {Record<string, string>}
 */
export const expectedFailures = {
  'bash: input':
    '`read -t 0` polls without waiting; that a host pipe has ended is known only after Node has read ahead',
  'python: asyncio and threads are there': 'needs clone and socketpair, which answer ENOSYS until there are threads',
};
