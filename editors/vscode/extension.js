// Starts `mscnet lsp` and connects the editor with it; everything else is the server's.
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

let client;

async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration('mscnet').get('command');
  const server = { command, args };
  const options = {
    documentSelector: [{ language: 'mech' }],
    synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher('**/*.mech') },
  };
  client = new LanguageClient('mscnet', 'mscnet', server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `mscnet: \`${[command, ...args].join(' ')}\` does not start (${error.message}). ` +
        "Install it by `pip install 'mscnet[lsp]'`, or say where it is in the setting mscnet.command."
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) {
    await running.stop();
  }
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand('mscnet.restart', restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('mscnet.command') && restart())
  );
  await start();
}

module.exports = { activate, deactivate: stop };
