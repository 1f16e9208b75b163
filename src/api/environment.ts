/** What a guest's environment is where nobody says otherwise. */

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of a guest whose caller gives none. */
export function defaultEnvironment(uid: number): Record<string, string> {
  return { PATH, HOME: uid === 0 ? '/root' : '/' };
}
