#!/usr/bin/env bash
# Start a real, throw-away Slurm cluster on this one machine: a munged, a slurmctld and two slurmd,
# all on the loopback address, without systemd.
#
#   start-slurm.sh DIR     which has to be empty or new
#   . DIR/env.sh           then: sinfo, squeue, sbatch, srun, ...
#   stop-slurm.sh DIR
#
# Needs only:  apt-get install -y --no-install-recommends slurm-wlm munge
# Configuration, key, sockets, state, logs and pids are all under DIR; nothing in /etc, /run or /var
# is read or written. Runs as root or as an ordinary user.
set -euo pipefail
umask 022
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C

dir=${1:?where to keep the cluster}
nodes=2                  # each of them a slurmd that claims
cpus=4
mem=16000                # MB
gpus=1                   # that are only counted
port=16817               # the first one to try
patience=60              # seconds for the nodes to become idle
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

die() {
    echo "start-slurm: $*" >&2
    [ ! -e "$dir/.attendna-slurm" ] || "$here/stop-slurm.sh" "$dir" >&2 || true
    exit 1
}
for tool in munged slurmctld slurmd sinfo scontrol; do
    command -v "$tool" >/dev/null || die "$tool is not installed (apt-get install -y slurm-wlm munge)"
done
mkdir -p "$dir"
chmod 755 "$dir"         # munge wants its socket to be reachable for all
dir=$(cd "$dir" && pwd -P)
case $dir in *[[:space:]%]*) die "no spaces or '%' in the directory: $dir";; esac
# unix sockets (munge's, each job step's in spool/) may have paths of 107 characters
[ ${#dir} -le 65 ] || die "the directory's path is longer than 65 characters: $dir"
[ -z "$(ls -A "$dir")" ] || { echo "start-slurm: $dir is not empty" >&2; exit 1; }
: >"$dir/.attendna-slurm"
export SLURM_CONF=$dir/etc/slurm.conf

# A daemon of ours lives if its pid file names a process whose command line
# (or, for slurmd, -f argument) carries this directory.
alive() {   # alive PIDFILE
    local pid
    [ -s "$1" ] && pid=$(tr -dc 0-9 <"$1") && [ -r "/proc/$pid/cmdline" ] &&
        tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$dir/"
}
node_list() { seq -f 'node%g' 1 "$nodes"; }

mkdir -p "$dir"/{etc,munge,state,spool,log,run,bin,dev}
chmod 700 "$dir/munge" "$dir/state"

# ---- address and ports ---------------------------------------------------------
host=$(uname -n); host=${host%%.*}
# Listen on loopback only.  With these options every daemon and srun listens on
# the address that its own host name has, so this works if that is 127.0.0.1;
# with 127.0.1.1 (Debian's installer) srun's tasks call back at the wrong one.
comm=CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
addr=$(getent ahostsv4 "$(uname -n)" | awk 'NR == 1 { print $1 }' || true)
case $addr in
    127.0.0.1) ;;
    ''|127.*)
        comm="# the host name is not 127.0.0.1: listening on all addresses"
        addr=127.0.0.1
        echo "start-slurm: warning: Slurm listens on all addresses; to keep it on" \
             "loopback add this line to /etc/hosts, first: 127.0.0.1 $(uname -n)" >&2 ;;
    *)  echo "start-slurm: warning: Slurm listens on $addr; to keep it on loopback" \
             "add this line to /etc/hosts, first: 127.0.0.1 $(uname -n)" >&2 ;;
esac
used() {
    local a
    for a in 127.0.0.1 "$addr"; do (exec 3<>"/dev/tcp/$a/$1") 2>/dev/null && return; done
    return 1
}
next_port() { while used "$port"; do port=$((port + 1)); done; echo "$port"; }
ctld_port=$(next_port); port=$((ctld_port + 1))

# ---- munge -------------------------------------------------------------------
# munged keeps its own key and socket here; slurm.conf's AuthInfo names the
# socket.  The key's directory must be private, the socket's one reachable.
( umask 077; head -c 128 /dev/urandom >"$dir/munge/munge.key" )
munged --key-file="$dir/munge/munge.key" --socket="$dir/run/munge.socket" \
       --pid-file="$dir/run/munged.pid" --log-file="$dir/munge/munged.log" \
       --seed-file="$dir/munge/munged.seed" --num-threads=2 ||
    { cat "$dir/munge/munged.log" >&2; die "munged did not start"; }

# ---- slurm.conf --------------------------------------------------------------
user=$(id -un)
{
cat <<CONF
# Written by start-slurm.sh; do not edit.
ClusterName=attendna
SlurmctldHost=$host($addr)
SlurmctldPort=$ctld_port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$dir/run/munge.socket,cred_expire=10
$comm

StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/%n.log

# no cgroups, no MPI, no accounting database
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.log
# per-job memory is enforced by polling, as there are no cgroups
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill

SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
# a node that is set down stays down until it is resumed
ReturnToService=1
EnforcePartLimits=ALL
SlurmctldTimeout=30
SlurmdTimeout=20
# the tests read at the end what became of every job
MinJobAge=7200
KillWait=5
CompleteWait=0
SchedulerParameters=batch_sched_delay=0,bf_interval=5,sched_interval=5

CONF
gres=Gres=gpu:fake:$gpus
for n in $(node_list); do
    p=$(next_port); port=$((p + 1))
    echo "NodeName=$n NodeHostname=$host NodeAddr=$addr Port=$p CPUs=$cpus RealMemory=$mem $gres State=UNKNOWN"
done
all=$(node_list | paste -sd,)
echo "PartitionName=cpu Nodes=$all Default=YES DefMemPerCPU=500 DefaultTime=00:10:00 MaxTime=1-00:00:00 State=UP"
echo "PartitionName=gpu Nodes=$all Default=NO DefMemPerCPU=500 DefaultTime=00:10:00 MaxTime=1-00:00:00 State=UP"
} >"$SLURM_CONF"
{
echo "# Written by start-slurm.sh.  slurmd 22.05 drops gpu lines without File (the"
echo "# node turns INVAL: gres/gpu count reported lower than configured), and sets"
echo "# CUDA_VISIBLE_DEVICES only if File is a device: a link to /dev/null will do."
for n in $(node_list); do
    mkdir -p "$dir/dev/$n"
    for ((g = 0; g < gpus; g++)); do
        ln -s /dev/null "$dir/dev/$n/nvidia$g"
        echo "NodeName=$n Name=gpu Type=fake File=$dir/dev/$n/nvidia$g"
    done
done
} >"$dir/etc/gres.conf"

# slurmd loads a cgroup plugin though nothing here uses one.  The default
# (autodetect) ends slurmd where /sys/fs/cgroup is missing or hybrid; the v1
# plugin touches nothing until a controller is asked for.
echo "CgroupPlugin=cgroup/v1" >"$dir/etc/cgroup.conf"

# ---- client commands ---------------------------------------------------------
# snakemake-executor-plugin-slurm-jobstep drops every SLURM_* variable, also
# SLURM_CONF, before it calls srun inside the job: these wrappers put it back.
for c in sinfo squeue sbatch srun salloc scancel scontrol sacct sacctmgr sshare \
         sstat sprio sdiag sattach strigger sreport; do
    real=$(command -v "$c") || continue
    printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$SLURM_CONF" "$real" >"$dir/bin/$c"
    chmod 755 "$dir/bin/$c"
done
cat >"$dir/env.sh" <<CONF
export SLURM_CONF=$SLURM_CONF
case :\$PATH: in *:$dir/bin:*) ;; *) export PATH=$dir/bin:\$PATH;; esac
CONF

# ---- daemons -----------------------------------------------------------------
( cd "$dir/state" && slurmctld -c -f "$SLURM_CONF" ) ||
    { tail -20 "$dir/log/slurmctld.log" >&2; die "slurmctld did not start"; }
for n in $(node_list); do
    mkdir -p "$dir/spool/$n"
    slurmd -N "$n" -f "$SLURM_CONF" ||
        { tail -20 "$dir/log/$n.log" >&2; die "slurmd $n did not start"; }
done

# ---- ready? ------------------------------------------------------------------
end=$(($(date +%s) + patience))
until [ "$(sinfo -h -N -o '%N %T' 2>/dev/null | sort -u | grep -c ' idle$')" = "$nodes" ]; do
    if [ "$(date +%s)" -ge "$end" ] || ! alive "$dir/run/slurmctld.pid"; then
        sinfo -N -o '%N %T %E' >&2 || true
        tail -n 20 "$dir"/log/*.log >&2 || true
        die "the nodes did not become idle (waited up to $patience s)"
    fi
    sleep 0.2
done
sinfo -N -o '%N %T %c %m %G %P'
echo "start-slurm: up; now:  . $dir/env.sh"
