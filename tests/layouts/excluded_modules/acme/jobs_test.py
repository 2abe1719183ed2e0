raise RuntimeError("tests are not for packaging")
