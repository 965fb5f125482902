" What editing a mechanism needs: comments, and blocks of four blanks.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1
setlocal commentstring=#\ %s comments=:#
setlocal shiftwidth=4 softtabstop=4 expandtab
setlocal iskeyword=@,48-57,_
if executable('mscnet')
  setlocal formatprg=mscnet\ format\ -
endif
let b:undo_ftplugin = 'setlocal commentstring< comments< shiftwidth< softtabstop< expandtab< iskeyword< formatprg<'
