"""How a call's arguments reach a Python function, settled before the first call."""

import inspect
import keyword
import re
import typing
from collections.abc import Callable, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from toolflow_graph.backends.port import DialogueInfo
from toolflow_graph.errors import UsageError
from toolflow_graph.schemas import merged_properties, merged_required, resolve
from toolflow_graph.types import Json, Tool, ToolCall

_MAPPINGS = (dict, Mapping, MutableMapping)
_HANDED = (ToolCall, Tool, DialogueInfo)
_KEYWORDS = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a function's parameters get.

    Attributes:
        names: argument -> parameter, where a Python name differs (``from`` -> ``from_``, ``user-id`` -> ``user_id``).
        dropped: arguments that the function does not take one by one, because it is handed the ToolCall.
        whole: the parameter that gets all arguments as one dict.
        handed: parameter -> the class of what it is handed (ToolCall, Tool, DialogueInfo).
        defaults: parameter -> the schema's default, for a function that has none of its own.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    dropped: frozenset[str] = frozenset()
    whole: str | None = None
    handed: Mapping[str, type] = field(default_factory=dict)
    defaults: Mapping[str, Json] = field(default_factory=dict)

    def keywords(self, tool: Tool, call: ToolCall, info: DialogueInfo) -> dict[str, Any]:
        """The keyword arguments of one call; they share nothing with it, so that a function may change them."""
        things: dict[type, Any] = {ToolCall: call.model_copy(deep=True), Tool: tool, DialogueInfo: info}
        handed = {name: things[kind] for name, kind in self.handed.items()}
        arguments = deepcopy(call.arguments)
        if self.whole is not None:
            return {self.whole: arguments, **handed}
        given = {self.names.get(name, name): value for name, value in arguments.items() if name not in self.dropped}
        return {**deepcopy(dict(self.defaults)), **given, **handed}


def build_binding(function: Callable[..., Any], tool: Tool, place: str) -> Binding:
    """Settle what the parameters of ``function`` get when ``tool`` is called.

    Args:
        function: as it will be called (a method is bound, or its ``self`` left out by the caller).
        place: what to call the function in a message.

    Raises:
        UsageError: a parameter of the tool that the function does not take, one of the function that no call gives.
    """
    try:
        parameters = inspect.signature(function).parameters
    except (ValueError, TypeError):  # a C function that does not say
        return Binding()
    hints = read_hints(function)
    handed = {name: hints[name] for name in parameters if hints.get(name) in _HANDED}
    own = {name: parameter for name, parameter in parameters.items() if name not in handed}
    properties = merged_properties(tool.parameters, tool.parameters)
    if (whole := _find_whole(own, hints, properties)) is not None:
        return Binding(whole=whole, handed=handed)
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in own.values())
    named = {name: parameter for name, parameter in own.items() if parameter.kind in _KEYWORDS}
    names = {prop: found for prop in properties if (found := _find_parameter(prop, named)) is not None}
    missed = [] if takes_any else [prop for prop in properties if prop not in names]
    takes_call = ToolCall in handed.values()
    if missed and not takes_call:
        raise UsageError(
            f"{place} does not take {missed[0]!r}, a parameter of the tool {tool.name!r}",
            expected=f"the tool's parameters as keywords: {', '.join(properties)} (or **kwargs, or one dict)",
            known=list(named),
        )
    defaults = _find_defaults(own, names, properties, tool, place)
    changed = {prop: name for prop, name in names.items() if prop != name}
    return Binding(names=changed, dropped=frozenset(missed), handed=handed, defaults=defaults)


def read_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function's parameters; none that cannot be resolved."""
    function = strip_partial(function)
    target = function if inspect.isroutine(function) else method_of_call(function)
    try:
        return typing.get_type_hints(inspect.unwrap(target))
    except Exception:  # a forward reference to what is not there
        return {}


def method_of_call(function: Callable[..., Any]) -> Any:
    """What a callable object runs when it is called."""
    return inspect.getattr_static(type(function), "__call__")


def strip_partial(function: Any) -> Any:
    """The function inside ``functools.partial``s."""
    while isinstance(function, partial):
        function = function.func
    return function


def _find_whole(
    own: Mapping[str, inspect.Parameter], hints: Mapping[str, Any], properties: Mapping[str, Any]
) -> str | None:
    """The only parameter, if it is annotated as a mapping and is not itself one of the tool's."""
    if len(own) != 1:
        return None
    (name,) = own
    if own[name].kind not in _KEYWORDS or name in properties:
        return None
    hint = hints.get(name)
    kind = typing.get_origin(hint) or hint
    return name if kind in _MAPPINGS or typing.is_typeddict(hint) else None


def _find_parameter(prop: str, named: Mapping[str, inspect.Parameter]) -> str | None:
    plain = re.sub(r"\W", "_", prop)
    candidates = (prop, plain, f"{plain}_" if keyword.iskeyword(plain) else plain, f"_{plain}")
    return next((name for name in candidates if name in named), None)


def _find_defaults(
    own: Mapping[str, inspect.Parameter],
    names: Mapping[str, str],
    properties: Mapping[str, Any],
    tool: Tool,
    place: str,
) -> dict[str, Json]:
    """Schema defaults for parameters that have none; every parameter must get a value from somewhere."""
    required = merged_required(tool.parameters, tool.parameters)
    props = {parameter: prop for prop, parameter in names.items()}
    defaults: dict[str, Json] = {}
    for name, parameter in own.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        if parameter.default is not parameter.empty or props.get(name) in required:
            continue
        if name not in props:
            raise UsageError(
                f"{place} wants {name!r}, which the tool {tool.name!r} has not",
                expected="parameters of the tool, or a default (or an annotation ToolCall, Tool or DialogueInfo)",
                known=list(properties),
            )
        schema = resolve(properties[props[name]], tool.parameters)
        if "default" not in schema:
            raise UsageError(
                f"{place} has no default for {name!r}, which a call of the tool {tool.name!r} may leave out",
                hint=f"write {name}=None",
            )
        defaults[name] = schema["default"]
    return defaults
