# Sourced by the scripts beside it: figures, kept by name in files of "$work", and what is said of them.

record() { echo "$2" >>"$work/$1"; } # name, value
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'; }
m() { fixed "$(median "$work/$1")" "${2:-0}"; } # name, digits
fixed() { awk -v x="$1" -v digits="$2" 'BEGIN { printf "%.*f", digits, x }'; }
percent() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f %%", 100 * a / b }'; }
met() { awk -v a="$1" -v b="$3" "BEGIN { print (a $2 b ? \"met\" : \"**missed**\") }"; } # a, comparison, b
aim() { met "$(awk -v a="$1" -v b="$2" 'BEGIN { print 100 * a / b }')" ">=" "$3"; } # a, b, the least percentage
mib() { awk -v k="$1" 'BEGIN { printf "%.0f MiB", k / 1024 }'; }
# The last value of a metric that `load metrics` printed.
metric() { awk -v name="$1" '$1 == name { value = $2 } END { print value + 0 }' "$work/metrics.log"; }
