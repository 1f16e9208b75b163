import { expect, it } from 'vitest';
import { O_APPEND, O_PATH, O_RDWR, O_WRONLY, RENAME_EXCHANGE } from '../constants.ts';
import { IN, type FileEvent, type Watcher } from '../watches.ts';
import { text } from './fixture.ts';
import type { Fixture } from './fixture.ts';

/** Notes what it is told as words: `d CREATE f`. */
class Notes implements Watcher {
  readonly #name: string;
  readonly #lines: string[];

  constructor(name: string, lines: string[]) {
    this.#name = name;
    this.#lines = lines;
  }

  report({ mask, cookie, name }: FileEvent): void {
    const bits = Object.entries(IN).flatMap(([word, bit]) => ((mask & bit) === 0 ? [] : [word]));
    this.#lines.push(`${this.#name} ${bits.join('|')}${name === '' ? '' : ` ${name}`}${cookie === 0 ? '' : ' joined'}`);
  }

  ended(): void {
    this.#lines.push(`${this.#name} ended`);
  }
}

/** What is told to those who watch, the same for every file system. */
export function describeWatches(get: () => Fixture): void {
  const watch = (paths: readonly string[]): { taken: () => string[] } => {
    const fx = get();
    const lines: string[] = [];
    for (const path of paths) fx.vfs.watches.add(fx.at(path).dentry.inode, new Notes(path.slice(1), lines));
    return { taken: () => lines.splice(0) };
  };

  it('a directory hears of its entries', () => {
    const fx = get();
    fx.mkdir('/d');
    const { taken } = watch(['/d']);
    fx.write('/d/f', 'x');
    expect(taken()).toEqual(['d CREATE f', 'd OPEN f', 'd MODIFY f', 'd CLOSE_WRITE f']);
    fx.read('/d/f');
    expect(taken()).toEqual(['d OPEN f', 'd ACCESS f', 'd CLOSE_NOWRITE f']);
    fx.write('/d/f', '');
    expect(taken()).toEqual(['d MODIFY f', 'd OPEN f', 'd CLOSE_WRITE f']);
    fx.mkdir('/d/e');
    fx.symlink('f', '/d/s');
    fx.vfs.link(fx.context, fx.at('/d/f'), '/d/g');
    expect(taken()).toEqual(['d CREATE|ISDIR e', 'd CREATE s', 'd CREATE g']);
    fx.vfs.rmdir(fx.context, '/d/e');
    fx.vfs.unlink(fx.context, '/d/s');
    expect(taken()).toEqual(['d DELETE|ISDIR e', 'd DELETE s']);
    fx.list('/d');
    expect(taken()).toEqual(['d OPEN|ISDIR', 'd ACCESS|ISDIR', 'd CLOSE_NOWRITE|ISDIR']);
  });

  it('a file hears of itself, by whatever name', () => {
    const fx = get();
    fx.write('/f', 'x');
    fx.vfs.link(fx.context, fx.at('/f'), '/g');
    const { taken } = watch(['/f']);
    const description = fx.open('/g', O_WRONLY | O_APPEND);
    description.write(text('y'));
    description.truncate(1);
    fx.vfs.changeMode(fx.context, description, 0o600);
    fx.vfs.changeTimes(fx.context, description, 'now', undefined);
    fx.vfs.changeTimes(fx.context, description, 'now', 'now');
    description.release();
    expect(taken()).toEqual([
      ...['f OPEN', 'f MODIFY', 'f MODIFY', 'f ATTRIB', 'f ACCESS', 'f ATTRIB', 'f CLOSE_WRITE'],
    ]);
    fx.open('/f', O_PATH).release();
    expect(taken()).toEqual([]);
    fx.vfs.unlink(fx.context, '/g');
    expect(taken()).toEqual(['f ATTRIB']);
    fx.vfs.unlink(fx.context, '/f');
    expect(taken()).toEqual(['f ATTRIB', 'f DELETE_SELF', 'f ended']);
    expect(fx.vfs.watches.active).toBe(false);
  });

  it('a file that is open goes when it is closed', () => {
    const fx = get();
    fx.write('/f', 'x');
    const description = fx.open('/f', O_RDWR);
    const { taken } = watch(['/f']);
    fx.vfs.unlink(fx.context, '/f');
    description.pwrite(text('z'), 0);
    expect(taken()).toEqual(['f ATTRIB', 'f MODIFY']);
    description.release();
    expect(taken()).toEqual(['f CLOSE_WRITE', 'f DELETE_SELF', 'f ended']);
  });

  it('renames are told to both directories, and to what is moved or replaced', () => {
    const fx = get();
    for (const path of ['/a', '/b', '/a/d']) fx.mkdir(path);
    fx.write('/a/f', '');
    fx.write('/b/g', '');
    const { taken } = watch(['/a', '/b', '/a/f', '/b/g', '/a/d']);
    fx.vfs.rename(fx.context, '/a/f', '/b/g');
    expect(taken()).toEqual([
      ...['a MOVED_FROM f joined', 'b MOVED_TO g joined', 'b/g ATTRIB', 'a/f MOVE_SELF'],
      ...['b/g DELETE_SELF', 'b/g ended'],
    ]);
    fx.vfs.rename(fx.context, '/a/d', '/b/d');
    expect(taken()).toEqual(['a MOVED_FROM|ISDIR d joined', 'b MOVED_TO|ISDIR d joined', 'a/d MOVE_SELF|ISDIR']);
    fx.vfs.rmdir(fx.context, '/b/d');
    expect(taken()).toEqual(['a/d DELETE_SELF|ISDIR', 'a/d ended', 'b DELETE|ISDIR d']);
  });
}

/** Host folders cannot exchange. */
export function describeExchange(get: () => Fixture): void {
  it('an exchange is two renames', () => {
    const fx = get();
    fx.write('/f', '');
    fx.mkdir('/g');
    const lines: string[] = [];
    fx.vfs.watches.add(fx.at('/').dentry.inode, new Notes('root', lines));
    fx.vfs.rename(fx.context, '/f', '/g', RENAME_EXCHANGE);
    expect(lines).toEqual([
      ...['root MOVED_FROM f joined', 'root MOVED_TO g joined'],
      ...['root MOVED_FROM|ISDIR g joined', 'root MOVED_TO|ISDIR f joined'],
    ]);
  });
}
