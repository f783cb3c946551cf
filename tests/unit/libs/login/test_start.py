import subprocess
import sys


def test_settings_of_a_login_load_neither_http_nor_cryptography() -> None:
    # every role of a service reads its settings' module, whether or not anybody logs in there
    code = (
        "import sys, mrk_login.settings;"
        "print({'httpx', 'joserfc', 'cryptography', 'mrk_login.flow'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
