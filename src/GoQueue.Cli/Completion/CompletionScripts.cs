namespace GoQueue.Cli.Completion;

/// <summary>
/// The scripts that shells load. They only hand the typed words to <c>goqueue __complete</c> and show what it answers: lines of
/// <c>word TAB description</c>, or <c>:files</c>.
/// </summary>
internal static class CompletionScripts
{
    public const string Bash = """
        # bash completion for goqueue. Load it now with:  source <(goqueue completion bash)
        # For good:  goqueue completion bash > ~/.local/share/bash-completion/completions/goqueue
        _goqueue() {
            local IFS=$'\n'
            local answer line
            answer=$("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
            COMPREPLY=()
            if [[ $answer == ':files' ]]; then
                compopt -o filenames 2>/dev/null
                COMPREPLY=($(compgen -f -- "${COMP_WORDS[COMP_CWORD]#=}"))
                return
            fi
            for line in $answer; do
                COMPREPLY+=("${line%%$'\t'*}")
            done
        }
        complete -F _goqueue goqueue

        """;

    public const string Zsh = """
        #compdef goqueue
        # zsh completion for goqueue. Load it now with:  source <(goqueue completion zsh)
        # For good:  goqueue completion zsh > "${fpath[1]}/_goqueue"
        _goqueue() {
            local answer line
            local -a items
            answer=$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null) || return
            if [[ $answer == ':files' ]]; then
                _files
                return
            fi
            for line in ${(f)answer}; do
                items+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
            done
            _describe goqueue items
        }
        if [[ $funcstack[1] == _goqueue ]]; then
            _goqueue "$@"
        else
            compdef _goqueue goqueue
        fi

        """;

    public const string Fish = """
        # fish completion for goqueue. Load it now with:  goqueue completion fish | source
        # For good:  goqueue completion fish > ~/.config/fish/completions/goqueue.fish
        function __goqueue_complete
            set -l words (commandline -opc) (commandline -ct)
            set -l answer (command $words[1] __complete -- $words[2..-1] 2>/dev/null)
            if test "$answer" = ':files'
                __fish_complete_path (commandline -ct)
            else
                printf '%s\n' $answer
            end
        end
        complete -c goqueue -f -a '(__goqueue_complete)'

        """;
}
