" A line stands one step deeper for each block that is open before it.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1
setlocal indentexpr=MechIndent() indentkeys=0},!^F,o,O
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

function! s:Bare(line) abort
  return substitute(substitute(a:line, '"[^"]*"', '', 'g'), '#.*$', '', '')
endfunction

function! MechIndent() abort
  let before = prevnonblank(v:lnum - 1)
  if before == 0
    return 0
  endif
  let text = s:Bare(getline(before))
  let opened = count(text, '{') - count(text, '}')
  let depth = indent(before)
  if opened > 0
    let depth += shiftwidth()
  elseif opened < 0 && text !~# '^\s*}'
    let depth -= shiftwidth()
  endif
  return max([0, depth - (getline(v:lnum) =~# '^\s*}' ? shiftwidth() : 0)])
endfunction
