# Completion of docksmith and its programs for bash; written by docksmith's build.
_docksmith() {
    local line=${COMP_LINE:0:COMP_POINT} current cut='' word doc mark
    local -a words=()
    # words as readline has them are broken at = and :, too
    read -a words <<<"$line"
    while ((${#words[@]} > 1)) && [[ ${words[0]} != "$1" ]]; do words=("${words[@]:1}"); done
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[${#words[@]} - 1]}
    # readline replaces what is behind the last of its breaks
    for mark in = : @; do
        [[ $COMP_WORDBREAKS == *"$mark"* && ${current#"$cut"} == *"$mark"* ]] && cut=${current%"${current##*"$mark"}"}
    done
    COMPREPLY=()
    local isOpen=1
    while IFS=$'\t' read -r word doc; do
        case $word in
            '<file>' | '<folder>')
                compopt -o filenames
                mark=-f
                [[ $word == '<folder>' ]] && mark=-d
                while read -r word; do COMPREPLY+=("$word"); done < <(compgen "$mark" -- "$current")
                isOpen=0
                ;;
            *)
                [[ $word == *[=./,:] ]] || isOpen=0
                printf -v word %q "${word#"$cut"}"
                COMPREPLY+=("$word")
                ;;
        esac
    done < <(awk -v only=yes "$_docksmith_awk" "${words[@]}" 2>/dev/null)
    ((isOpen)) && compopt -o nospace
    return 0
}
_docksmith_awk='#AWK'
complete -F _docksmith #PROGRAMS
