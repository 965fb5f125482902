" Vim syntax file of mscnet mechanisms; made by `python -m mscnet.lsp.syntax_files`, not by hand.
if exists('b:current_syntax')
  finish
endif
syntax case match
syntax match mechName /\<[[:alpha:]_]\k*/
syntax match mechUnit /\%(\d\s*\/\?\s\?\)\@<=\a\+\%(\^-\?\d\+\)\?\%([*\/]\a\+\%(\^-\?\d\+\)\?\)*/
syntax match mechNumber /\<\d\+\%(\.\d\+\)\?\%([eE][+-]\?\d\+\)\?/
syntax match mechNumber /\.\d\+\%([eE][+-]\?\d\+\)\?/
syntax match mechOperator /[-+*\/^=<>@±·]\|\.\./
syntax match mechArrow /<->\|<=>\|<-\[\|-\[\|\]->\?\|->\|<-\|[→⇌⇄↔←]/
syntax match mechCall /\<[[:alpha:]_]\k*\ze(/
syntax match mechBuiltin /\<\%(abs\|absorbance\|acos\|arrhenius\|asin\|at\|atan\|cos\|cosh\|difference\|exp\|eyring\|fall\|final\|floor\|half_time\|if\|initial\|isosbestic\|ln\|log\|log10\|max\|mean\|min\|reaches\|rise\|settles\|sign\|sin\|sinh\|slope\|spectrum\|sqrt\|sum\|tan\|tanh\|time_of_max\|time_of_min\|time_to\)\ze(/
syntax match mechSpecies /\[\@<=[[:alpha:]_][[:alnum:]_.]*\%(\^\d*[+-]\)\?\]\@=/
syntax match mechConstant /∅\|%\|°C/
syntax match mechDeclaring /\<\%(at\|band\|bond\|compartment\|data\|every\|expect\|experiment\|for\|function\|import\|in\|instrument\|liquid\|molecule\|observable\|option\|parameter\|pathway\|solid\|solution\|solvent\|species\|unit\|units\|when\)\>\%(\s*[=(:]\)\@!/
syntax match mechVerb /\<\%(add\|always\|dilute\|discard\|equilibrate\|flow\|hold\|measure\|mix\|never\|repeat\|set\|take\|use\|with\)\>\%(\s*[=(:]\)\@!/
syntax match mechPart /\<\%(after\|against\|all\|and\|as\|at\|bonds\|by\|constant\|decreases\|depend\|difference\|does\|enthalpy\|entropy\|every\|fast\|fixed\|for\|from\|gibbs\|if\|in\|increases\|into\|is\|linear\|log\|not\|of\|on\|once\|or\|order\|out\|over\|rate\|similar\|spectrum\|step\|surface\|table\|times\|to\|weight\|while\|with\|without\)\>\%(\s*[=(:]\)\@!/
syntax match mechPart /\<\%(gibbs\|enthalpy\|entropy\)\ze\s*=/
syntax match mechFormula /\%(\<of\s\+\)\@<=\S\+/
syntax match mechLabel /\%(^\|[;{}]\)\@<=\s*\k\+\ze\s*:/
syntax region mechString start=/"/ end=/"/ oneline contains=@Spell
syntax keyword mechTodo TODO FIXME contained
syntax match mechComment /#.*$/ contains=mechTodo,@Spell
highlight default link mechDeclaring Statement
highlight default link mechVerb Statement
highlight default link mechPart Keyword
highlight default link mechName Identifier
highlight default link mechUnit Type
highlight default link mechNumber Number
highlight default link mechOperator Operator
highlight default link mechArrow Special
highlight default link mechCall Function
highlight default link mechBuiltin Function
highlight default link mechSpecies Structure
highlight default link mechConstant Constant
highlight default link mechFormula Constant
highlight default link mechLabel Label
highlight default link mechString String
highlight default link mechTodo Todo
highlight default link mechComment Comment
let b:current_syntax = 'mech'
