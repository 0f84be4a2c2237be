# Sourced by the *_decoder_fuzz.seeds: frames_of NUMBER FILE... writes the frame of each line, or of a whole .json file, as
# an input behind a byte that tells the decoder which.
source "$(dirname "${BASH_SOURCE[0]}")/recorded.sh"
frames_of() {
  local byte=$1 file n=0
  shift
  for file in "$@"; do
    [ -f "$file" ] || continue
    if [[ $file == *.json ]]; then
      { printf "$(octal "$byte")"; head -c 6000 "$file"; } >"$corpus/$(basename "$file")-$byte"
      continue
    fi
    while IFS= read -r line; do
      n=$((n + 1))
      # In lists of examples the frame stands behind "json" or "parsed".
      line=${line#*\"json\": }
      line=${line#*\"response_examples\": \[\{\"parsed\": }
      line=${line%%, \"how\"*}
      line=${line%\}}
      { printf "$(octal "$byte")"; printf '%s' "${line#*$'\t'?$'\t'}"; } >"$corpus/$(basename "$file")-$byte-$n"
      { printf "$(octal "$byte")"; printf '%s}' "${line#*$'\t'?$'\t'}"; } >"$corpus/$(basename "$file")-$byte-$n-b"
    done < <(lines_of "$file" 1 80 | awk 'length($0) < 6000')
  done
}
