#!/usr/bin/env bash
# Stop the cluster that start-slurm.sh started in DIR: cancel its jobs, then end its daemons by the
# pids that they wrote, each checked to be ours first, and remove DIR. Safe when nothing runs.
#
#   stop-slurm.sh DIR
set -uo pipefail
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
dir=${1:?where the cluster is kept}
[ -e "$dir/.attendna-slurm" ] || { echo "stop-slurm: nothing in $dir"; exit 0; }
dir=$(cd "$dir" && pwd -P)
export SLURM_CONF=$dir/etc/slurm.conf

pid_of() {   # pid_of PIDFILE: the pid, if that process is one of ours
    local pid
    [ -s "$1" ] && pid=$(tr -dc 0-9 <"$1") && [ -r "/proc/$pid/cmdline" ] &&
        tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$dir/" && echo "$pid"
}
gone() {     # gone PID SECONDS: wait for the process to end
    local i
    for ((i = 0; i < $2 * 10; i++)); do
        # a zombie (its parent does not reap it) has ended too
        case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in ''|Z) return 0;; esac
        sleep 0.1
    done
    return 1
}
stop() {     # stop NAME PIDFILE
    local pid
    pid=$(pid_of "$2") || return 0
    kill -TERM "$pid" 2>/dev/null
    if gone "$pid" 10; then echo "stop-slurm: $1 ($pid) stopped"
    else kill -KILL "$pid" 2>/dev/null; echo "stop-slurm: $1 ($pid) killed"; fi
    rm -f "$2"
}
# slurmstepd renames itself ("slurmstepd: [7.batch]") and outlives slurmd; it is
# ours if its environment names our slurm.conf.
stepds() {
    local p
    for p in /proc/[0-9]*; do
        case $(readlink "$p/exe" 2>/dev/null) in */slurmstepd) ;; *) continue;; esac
        tr '\0' '\n' <"$p/environ" 2>/dev/null | grep -qxF "SLURM_CONF=$SLURM_CONF" &&
            echo "${p#/proc/}"
    done
}

if pid_of "$dir/run/slurmctld.pid" >/dev/null; then
    jobs=$(timeout 10 squeue -h -o %A 2>/dev/null | sort -un)
    if [ -n "$jobs" ]; then
        timeout 10 scancel $jobs 2>/dev/null
        for ((i = 0; i < 100; i++)); do
            [ -z "$(timeout 5 squeue -h -t all -o %T 2>/dev/null | grep -E '^(RUNNING|COMPLETING|PENDING|SUSPENDED)')" ] && break
            sleep 0.1
        done
    fi
fi
for f in "$dir"/run/*.pid; do
    n=$(basename "$f" .pid)
    case $n in munged|slurmctld|'*') ;; *) stop "slurmd $n" "$f";; esac
done
stop slurmctld "$dir/run/slurmctld.pid"
for pid in $(stepds); do
    kill -KILL "$pid" 2>/dev/null && echo "stop-slurm: left-over slurmstepd $pid killed"
done
stop munged "$dir/run/munged.pid"
rm -rf "$dir"
