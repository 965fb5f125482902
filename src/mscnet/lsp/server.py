"""The server itself: requests and notifications of the Language Server Protocol, by pygls.

All that is not of the protocol stands in the modules beside this one, which know nothing of pygls.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from lsprotocol import types as lsp
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from mscnet import __version__
from mscnet.language import Survey
from mscnet.language.format_parts import Layouts
from mscnet.lsp import complete, edits, hover, navigate, outline
from mscnet.lsp.background import Checker, Collector
from mscnet.lsp.colours import TOKEN_TYPES
from mscnet.lsp.room import Document, Known, Room
from mscnet.lsp.texts import path_of
from mscnet.lsp.turns import Turns
from mscnet.report.cards import Cards

_LEGEND = lsp.SemanticTokensLegend(token_types=list(TOKEN_TYPES), token_modifiers=["declaration"])
_FEATURES: list[tuple[str, Any, Callable[..., Any]]] = []


class RequestFailed(JsonRpcException):
    """A request that cannot be done, for a reason that the person who asked is told."""

    CODE = -32803


def feature(method: str, options: Any = None) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a method of `Server` for a method of the protocol."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _FEATURES.append((method, options, function))
        return function

    return register


class _Plain(LanguageServerProtocol):
    """The protocol of pygls; answers that are plain data already are not looked through again."""

    def _send_response(self, msg_id: Any, result: Any = None, error: Any = None) -> None:
        if error is None and isinstance(result, (dict, list)):
            self._result_types.pop(msg_id, None)
            self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "result": result})
        else:
            super()._send_response(msg_id, result, error)


class _Protocol(LanguageServer):
    """The server of pygls, without a message box for every fault: editors show what a request was refused for."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Faults are on standard error already."""


def _is_fault(record: logging.LogRecord) -> bool:
    """Whether a record of pygls tells of more than a request that was refused."""
    return not (record.exc_info and isinstance(record.exc_info[1], RequestFailed))


class Server:
    """What is open, and the answers."""

    def __init__(self) -> None:
        self.protocol = _Protocol("mscnet", __version__, protocol_cls=_Plain)
        self._converter = get_converter()
        self.room = Room()
        self.turns = Turns()
        self.checker = Checker(self.room, self.turns, self._checked, self._warmed)
        self.collector = Collector()
        self.reports: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.snippets = False
        self.asked_to_end = False
        for method, options, function in _FEATURES:
            self.protocol.feature(method, options)(_bound(self, function))

    def serve(self, stdin: BinaryIO, stdout: BinaryIO) -> None:
        """Answer until the client says exit or closes its end."""
        self.collector.begin()
        self.turns.begin()
        self.protocol.start_io(stdin, stdout)

    # --- life ---

    @feature(lsp.INITIALIZED)
    def initialized(self, params: lsp.InitializedParams) -> None:
        protocol: Any = self.protocol.protocol
        encoding = protocol.workspace.position_encoding
        self.room.encoding = getattr(encoding, "value", encoding) or "utf-16"
        folders = [path_of(uri) for uri in protocol.workspace.folders]
        root = protocol.workspace.root_path
        self.room.folders = [folder for folder in (*folders, root) if folder]
        capabilities = protocol.client_capabilities.text_document
        completion = capabilities.completion if capabilities is not None else None
        item = completion.completion_item if completion is not None else None
        self.snippets = bool(item is not None and item.snippet_support)

    @feature(lsp.SHUTDOWN)
    def shutdown(self, *_: Any) -> None:
        self.asked_to_end = True
        self.checker.stop()

    @feature(lsp.EXIT)
    def exit(self, *_: Any) -> None:
        """Leave at once: the thread that waits for the next message would not end before the client closes its side."""
        os._exit(0 if self.asked_to_end else 1)

    # --- documents ---

    @feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(self, params: lsp.DidOpenTextDocumentParams) -> None:
        opened = params.text_document
        document = self.room.open(opened.uri, opened.version, opened.text)
        self.checker.ask(document, at_once=True)
        self._ask_importers(document)
        _ = document.index  # editors ask at once for what needs it

    @feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(self, params: lsp.DidChangeTextDocumentParams) -> None:
        document = self.room.change(params.text_document.uri, params.text_document.version, params.content_changes)
        if document is not None:
            self.checker.ask(document)
            self._ask_importers(document)

    @feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(self, params: lsp.DidSaveTextDocumentParams) -> None:
        document = self.room.documents.get(params.text_document.uri)
        if document is not None:
            self._ask_importers(document)

    @feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def changed_on_disk(self, params: lsp.DidChangeWatchedFilesParams) -> None:
        for document in self.room.documents.values():
            self.checker.ask(document)

    @feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(self, params: lsp.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.checker.forget(uri)
        document = self.room.close(uri)
        stale = self.reports.pop(uri, {})
        for target in {uri, *stale}:
            self._publish(target)
        if document is not None:
            self._ask_importers(document)

    def _ask_importers(self, document: Document) -> None:
        for other in self.room.importers(document.key):
            if other is not document:
                self.checker.ask(other)

    def _checked(self, uri: str, version: int | None, survey: Survey, cards: Cards) -> None:
        self.collector.checks += 1
        document = self.room.documents.get(uri)
        if document is None:
            return
        before = document.known
        good = cards if not survey.failed else before.good if before is not None else None
        document.known = Known(version, survey, cards, good)
        if version != document.version:
            return  # a check of the newer text is on its way
        old = self.reports.get(uri, {})
        self.reports[uri] = self.room.findings(document)
        for target in {**old, **self.reports[uri]}:
            self._publish(target)

    def _warmed(self, uri: str, layouts: Layouts) -> None:
        document = self.room.documents.get(uri)
        if document is not None and document.layouts.empty:
            document.layouts = layouts

    def _publish(self, target: str) -> None:
        """Send what is to be said of a file: by its own check where it is open, else by those that import it."""
        document = self.room.documents.get(target)
        if target in self.reports:
            found = self.reports[target][target]
        elif document is not None:
            return  # open, and its own check is on its way
        else:
            found = []
            for report in self.reports.values():
                found += [one for one in report.get(target, ()) if one not in found]
        params: dict[str, Any] = {"uri": target, "diagnostics": found}
        if document is not None and document.version is not None:
            params["version"] = document.version
        message = self._converter.structure(params, lsp.PublishDiagnosticsParams)
        self.protocol.text_document_publish_diagnostics(message)

    # --- questions ---

    def _at(self, params: Any) -> tuple[Document, int] | None:
        """The document and the offset that a request is about."""
        document = self.room.documents.get(params.text_document.uri)
        if document is None:
            return None
        return document, document.text.offset(params.position.line, params.position.character)

    @feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=["[", ".", '"', "@"]))
    def completion(self, params: lsp.CompletionParams) -> Any:
        at = self._at(params)
        return complete.complete(self.room, *at, self.snippets) if at else None

    @feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(self, params: lsp.HoverParams) -> Any:
        at = self._at(params)
        return hover.hover(self.room, *at) if at else None

    @feature(
        lsp.TEXT_DOCUMENT_SIGNATURE_HELP,
        lsp.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=[","]),
    )
    def signature(self, params: lsp.SignatureHelpParams) -> Any:
        at = self._at(params)
        return hover.signature(*at) if at else None

    @feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def definition(self, params: lsp.DefinitionParams) -> Any:
        at = self._at(params)
        return navigate.definition(self.room, *at) if at else None

    @feature(lsp.TEXT_DOCUMENT_REFERENCES)
    def references(self, params: lsp.ReferenceParams) -> Any:
        at = self._at(params)
        return navigate.references(self.room, *at, params.context.include_declaration) if at else None

    @feature(lsp.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlights(self, params: lsp.DocumentHighlightParams) -> Any:
        at = self._at(params)
        return navigate.highlights(*at) if at else None

    @feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(self, params: lsp.PrepareRenameParams) -> Any:
        at = self._at(params)
        return self._unless_refused(navigate.can_rename, *at) if at else None

    @feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    def renamed(self, params: lsp.RenameParams) -> Any:
        at = self._at(params)
        return self._unless_refused(navigate.rename, *at, params.new_name) if at else None

    def _unless_refused(self, ask: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return ask(self.room, *arguments)
        except navigate.Refused as refused:
            raise RequestFailed(str(refused)) from None

    # --- whole files ---

    @feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(self, params: lsp.DocumentSymbolParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        return outline.symbols(document) if document is not None else None

    @feature(lsp.WORKSPACE_SYMBOL)
    def workspace_symbols(self, params: lsp.WorkspaceSymbolParams) -> Any:
        return outline.everywhere(self.room, params.query)

    @feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
    def folds(self, params: lsp.FoldingRangeParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        return outline.folds(document) if document is not None else None

    @feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, _LEGEND)
    def tokens(self, params: lsp.SemanticTokensParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        return document.colours.full(document.text) if document is not None else None

    @feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL_DELTA, _LEGEND)
    def tokens_since(self, params: lsp.SemanticTokensDeltaParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        return document.colours.change(document.text, params.previous_result_id) if document is not None else None

    @feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, _LEGEND)
    def tokens_between(self, params: lsp.SemanticTokensRangeParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        if document is None:
            return None
        return {"data": document.colours.tokens(document.text, params.range.start.line, params.range.end.line)}

    @feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatting(self, params: lsp.DocumentFormattingParams) -> Any:
        return self._layout(params, None)

    @feature(lsp.TEXT_DOCUMENT_RANGE_FORMATTING)
    def range_formatting(self, params: lsp.DocumentRangeFormattingParams) -> Any:
        last = params.range.end.line - (params.range.end.character == 0 < params.range.end.line)
        return self._layout(params, (params.range.start.line, max(params.range.start.line, last)))

    def _layout(self, params: Any, lines: tuple[int, int] | None) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        if document is None:
            return None
        try:
            return edits.layout(document, lines)
        except edits.Broken:
            return None  # what is wrong is underlined already

    @feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]))
    def actions(self, params: lsp.CodeActionParams) -> Any:
        document = self.room.documents.get(params.text_document.uri)
        if document is None:
            return None
        start, end = params.range.start, params.range.end
        first = document.text.offset(start.line, start.character)
        return edits.fixes(self.room, document, first, document.text.offset(end.line, end.character))


def _bound(server: Server, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        server.collector.wait()
        with server.turns.answering():
            return function(server, *arguments)

    return call


def main() -> bool:
    """Serve on standard input and output; what anything prints goes to standard error, not among the messages.

    Returns whether the client said that it would leave.
    """
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_fault)
    server = Server()
    server.serve(stdin, stdout)
    return server.asked_to_end
