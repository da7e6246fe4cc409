/**
 * What makes other shells ask for completions. Each asks with the line up to
 * the cursor, and gets a candidate a line with its description behind a tab.
 *
 * @module
 */

const BASH = `# istiops completion for bash: source <(istiops completions bash)
_istiops() {
  local IFS=$'\\n' text doc
  COMPREPLY=()
  while IFS=$'\\t' read -r text doc; do
    if [[ $text == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$text")
    fi
  done < <(istiops __complete bash -- "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o nospace -o nosort -F _istiops istiops 2>/dev/null ||
  complete -o nospace -F _istiops istiops
`;

const ZSH = `#compdef istiops
# istiops completion for zsh: source <(istiops completions zsh), or save it as
# _istiops in a folder of $fpath
_istiops() {
  local text doc files=
  local -a texts docs
  while IFS=$'\\t' read -r text doc; do
    if [[ $text == :files ]]; then
      files=1
    else
      texts+=("$text")
      docs+=("\${text% }\${doc:+  -- $doc}")
    fi
  done < <(istiops __complete zsh -- "\${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)
  (( \${#texts} )) && compadd -U -Q -V istiops -S '' -l -d docs -- "\${texts[@]}"
  [[ -n $files ]] && _files
}
if [[ \${funcstack[1]} == _istiops ]]; then
  _istiops "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _istiops istiops
fi
`;

const FISH = `# istiops completion for fish: istiops completions fish | source
function __istiops_complete
    for line in (istiops __complete fish -- (commandline -cp) 2>/dev/null)
        if test $line = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c istiops -f -k -a '(__istiops_complete)'
`;

const PWSH =
  `# istiops completion for PowerShell: istiops completions pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName istiops -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.ToString()
    if ($line.Length -lt $cursorPosition) { $line = $line.PadRight($cursorPosition) }
    istiops __complete pwsh -- $line.Substring(0, $cursorPosition) 2>$null | ForEach-Object {
        $text, $doc = $_ -split "\`t", 2
        if ($text -ne ':files') {
            if (-not $doc) { $doc = $text }
            [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $doc)
        }
    }
}
`;

/** The script for a shell. */
export function completionScript(shell: string): string {
  switch (shell) {
    case "zsh":
      return ZSH;
    case "fish":
      return FISH;
    case "pwsh":
      return PWSH;
    default:
      return BASH;
  }
}
