#!/bin/sh
# cases.sh TOOL PROTOC FOLDER: each FOLDER/cases/NAME.MESSAGE.txt (as protoc prints it) and NAME.MESSAGE.json (as we write it) must
# become each other: the text through protoc, the JSON through codec_tool, and the bytes between them the same.
tool=$1 protoc=$2 folder=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0 count=0

wrong() {
  echo "$1: $2"
  failed=$((failed + 1))
}

for text in "$folder"/cases/*.txt; do
  name=$(basename "$text" .txt)
  message=${name##*.}
  json=${text%.txt}.json
  count=$((count + 1))
  "$protoc" --encode="kitchen.$message" -I "$folder" kitchen.proto < "$text" > "$work/theirs" || wrong "$name" "protoc cannot encode it"
  "$tool" to-bytes "$message" < "$json" > "$work/ours" || wrong "$name" "to-bytes failed"
  cmp "$work/theirs" "$work/ours" || wrong "$name" "the bytes differ"
  "$tool" to-json "$message" < "$work/theirs" > "$work/json" || wrong "$name" "to-json failed"
  echo >> "$work/json"
  diff "$json" "$work/json" || wrong "$name" "the JSON differs"
  "$protoc" --decode="kitchen.$message" -I "$folder" kitchen.proto < "$work/ours" | diff "$text" - || wrong "$name" "protoc reads it otherwise"
done
echo "$count cases, $failed differences"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]
