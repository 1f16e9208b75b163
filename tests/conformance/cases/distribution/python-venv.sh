python3 -m venv --without-pip env && . env/bin/activate && python -c 'import sys; print(sys.prefix, sys.prefix != sys.base_prefix)'; command -v python
mkdir -p env/lib/python3*/site-packages/thing; echo 'def answer(): return 42' > $(echo env/lib/python3*/site-packages/thing)/__init__.py
python -c 'import thing; print(thing.answer())'; deactivate; python3 -c 'import thing' 2>&1 | tail -n 1
python3 -m venv env2 && env2/bin/pip --version | cut -d' ' -f1; env2/bin/python -m pip list --disable-pip-version-check 2>/dev/null | tail -n 1 | cut -d' ' -f1
env2/bin/python -m pip install --no-index nothing-here 2>&1 | tail -n 1; ls env/bin | sort | head -n 4; rm -rf env env2
