"""A headless Chromium to look at a page with, spoken to over its DevTools protocol on loopback."""

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_chromium() -> str | None:
    """The path of an installed Chromium; None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One page of a fresh profile.

    Attributes:
        requested: every address that the page asked for (a ``file:`` or ``data:`` address included).
        errors: what its scripts threw, and what its console called an error.
    """

    def __init__(self, binary: str) -> None:
        self.binary = binary
        self.requested: list[str] = []
        self.errors: list[str] = []
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run"]
        flags += ["--disable-background-networking", "--remote-allow-origins=*", "--disable-dev-shm-usage"]
        self._process = await asyncio.create_subprocess_exec(
            self.binary,
            *flags,
            f"--user-data-dir={self._folder.name}",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        port = await self._read_port()
        self._http = aiohttp.ClientSession()
        async with self._http.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = await answer.json()
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        self._socket = await self._http.ws_connect(address, max_msg_size=0)
        self._listener = asyncio.create_task(self._listen())
        for domain in ("Page", "Runtime", "Network", "Log"):
            await self.send(f"{domain}.enable")
        # So that elements take the focus as in a window that is in front.
        await self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.cancel()
        await self._socket.close()
        await self._http.close()
        self._process.terminate()
        await self._process.wait()
        self._folder.cleanup()

    async def _read_port(self) -> str:
        told = Path(self._folder.name) / "DevToolsActivePort"
        for _ in range(300):
            if told.exists() and (lines := told.read_text().split()):
                return lines[0]
            await asyncio.sleep(0.1)
        raise TimeoutError("Chromium did not open its DevTools port within 30 s")

    async def _listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._waiting.pop(told["id"]).set_result(told)
            elif told["method"] == "Network.requestWillBeSent":
                self.requested.append(told["params"]["request"]["url"])
            elif told["method"] == "Runtime.exceptionThrown":
                self.errors.append(json.dumps(told["params"]["exceptionDetails"])[:600])
            elif told["method"] == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                self.errors.append(told["params"]["entry"]["text"])

    async def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the protocol; its result."""
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(waiting, 120)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']}")
        result: dict[str, Any] = told["result"]
        return result

    async def evaluate(self, expression: str) -> Any:
        """The JSON-plain value of an expression in the page; a promise is waited for."""
        told = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:600])
        return told["result"].get("value")

    async def wait_for(self, expression: str, seconds: float = 30) -> None:
        """Until the expression is true."""
        for _ in range(round(seconds / 0.05)):
            # An element has no JSON-plain value to be true.
            if await self.evaluate(f"Boolean({expression})"):
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(f"never true within {seconds} s: {expression}")

    async def open(self, address: str) -> None:
        """Go to an address from an empty page, so that nothing of an earlier one is left."""
        await self.send("Page.navigate", url="about:blank")
        await self.send("Page.navigate", url=address)

    async def press(self, key: str) -> None:
        """A key, down and up."""
        text = {"text": key} if len(key) == 1 else {}
        await self.send("Input.dispatchKeyEvent", type="keyDown", key=key, **text)
        await self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def show_as(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """The size of the window, and light or dark."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])

    async def screenshot(self, *, whole: bool = False) -> bytes:
        """What is seen (``whole``: the page to its end) as a PNG."""
        told = await self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(told["data"])
