    rm -rf --one-file-system /var/cache/docksmith
    written=$(sed -n '/^\//s/\t.*//p' /var/lib/docksmith/state/ledger 2> /dev/null || true)
    if [ -n "$written" ]; then
      echo 'docksmith: left are files that it wrote, since they protect containers that run, or since there is no Node' >&2
      echo '  to uninstall with:' >&2
      echo "$written" | sed 's/^/    /' >&2
    fi
    if [ -e /etc/docksmith/remove-all ]; then
      rm -rf --one-file-system /etc/docksmith /var/lib/docksmith
    elif [ -e /etc/docksmith ] || [ -e /var/lib/docksmith ]; then
      echo 'docksmith: left are what is yours in /etc/docksmith, and dbs, secrets and history in /var/lib/docksmith;' >&2
      echo '  with a file /etc/docksmith/remove-all there, purging removes both folders' >&2
    fi
