import asyncio, os, signal, sys
async def main():
    print(await asyncio.gather(*(asyncio.sleep(0.01 * (3 - i), i) for i in range(3))))
    p = await asyncio.create_subprocess_exec('tr', 'a-z', 'A-Z', stdin=-1, stdout=-1); print(await p.communicate(b'loud')); print(p.returncode)
    p = await asyncio.create_subprocess_shell('sleep 60'); p.kill(); print(await p.wait())
    try: await asyncio.wait_for(asyncio.sleep(5), 0.1)
    except asyncio.TimeoutError: print('timeout')
    async def serve(r, w): w.write((await r.readline()).upper()); await w.drain(); w.close()
    server = await asyncio.start_unix_server(serve, '/work/s'); print(oct(os.stat('/work/s').st_mode & 0o170000))
    async def ask(i): r, w = await asyncio.open_unix_connection('/work/s'); w.write(f'client {i}\n'.encode()); d = await r.read(); w.close(); return d
    print(await asyncio.gather(*map(ask, range(5)))); server.close(); await server.wait_closed()
    if os.path.exists('/work/s'): os.unlink('/work/s')
    got = asyncio.Event(); asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set); os.kill(os.getpid(), signal.SIGUSR1); await got.wait(); print('signal')
    print(await asyncio.to_thread(sum, range(1000))); print(await asyncio.get_running_loop().run_in_executor(None, os.getcwd))
    q = asyncio.Queue(2); t = asyncio.create_task(asyncio.sleep(9)); t.cancel(); print((await asyncio.gather(t, return_exceptions=True))[0].__class__.__name__)
    r, w = os.pipe(); loop = asyncio.get_running_loop(); f = loop.create_future(); loop.add_reader(r, lambda: (f.done() or f.set_result(os.read(r, 9)))); loop.call_later(0.05, os.write, w, b'piped'); print(await f)
    async with asyncio.TaskGroup() as g: a = g.create_task(asyncio.sleep(0, 'grouped'))
    print(a.result())
asyncio.run(main())
