import contextlib, io, os, re, sys, tempfile, unittest
from unittest import mock
class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(); self.addCleanup(self.folder.cleanup)
    def test_write(self):
        path = os.path.join(self.folder.name, 'f')
        with open(path, 'w') as f: f.write('text')
        self.assertEqual(os.stat(path).st_size, 4)
    def test_missing(self):
        with self.assertRaises(FileNotFoundError) as caught: open(os.path.join(self.folder.name, 'none'))
        self.assertEqual(caught.exception.errno, 2)
    def test_fails(self): self.assertIn('a', 'bcd')
    @unittest.skip('not now')
    def test_skipped(self): self.fail()
    @unittest.expectedFailure
    def test_expected(self): self.assertTrue(False)
    def test_parts(self):
        for n in range(3):
            with self.subTest(n=n): self.assertNotEqual(n, 1)
    @mock.patch('os.getpid', return_value=7)
    def test_mock(self, getpid): self.assertEqual(os.getpid(), 7); getpid.assert_called_once_with()
class Later(unittest.IsolatedAsyncioTestCase):
    async def test_sleep(self):
        import asyncio
        with self.assertRaises(TimeoutError): await asyncio.wait_for(asyncio.Event().wait(), 0.05)
out = io.StringIO(); program = unittest.main(argv=['x', '-v'], exit=False, testRunner=unittest.TextTestRunner(out, verbosity=2))
print(re.sub(r'in [0-9.]+s', 'in a while', out.getvalue())); print(program.result.testsRun, len(program.result.failures), len(program.result.skipped))
