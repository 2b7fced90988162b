#compdef #PROGRAMS
# Completion of docksmith and its programs for zsh; written by docksmith's build.
_docksmith() {
    local line word awk
    local -a closed open
    awk='#AWK'
    for line in "${(@f)$(awk "$awk" "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        case $word in
            ('') ;;
            ('<file>') _files ;;
            ('<folder>') _files -/ ;;
            (*[=./,:]) open+=("${word//:/\\:}:${line#*$'\t'}") ;;
            (*) closed+=("${word//:/\\:}:${line#*$'\t'}") ;;
        esac
    done
    (($#closed)) && _describe -V 'docksmith' closed
    (($#open)) && _describe -V 'docksmith' open -S ''
    return 0
}
if [[ $funcstack[1] == _docksmith ]]; then
    _docksmith "$@"
else
    compdef _docksmith #PROGRAMS
fi
