# Completion of docksmith and its programs for fish; written by docksmith's build.
function __docksmith_complete
    set -l current (commandline -ct)
    for line in (awk $__docksmith_awk (commandline -opc) "$current" 2>/dev/null)
        switch $line
            case '<file>'
                __fish_complete_path $current
            case '<folder>'
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end
set -g __docksmith_awk '#AWK'
for program in #PROGRAMS
    complete -c $program -f -a '(__docksmith_complete)'
end
