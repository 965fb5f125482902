autocmd BufNewFile,BufRead *.mech setfiletype mech
