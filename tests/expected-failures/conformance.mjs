// @ts-check
/**
 * Cases of tests/conformance that fail today, each with its reason. A case listed here that passes is a failure too.
 * @type {Record<string, string>}
 */
export const expectedFailures = {};
