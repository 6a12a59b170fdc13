# bash completion for acectl, ace-client, ace-device and aced. The program says itself what may stand there, from the table
# that --help prints; this puts together what bash has split at "=" and ":", and adds names of files.
# SPDX-License-Identifier: Apache-2.0
_aced_complete()
{
	local line=$COMP_LINE words=() word candidate strip program i

	COMPREPLY=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((i)) && [[ $line != [[:space:]]* && -n $line ]]; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
		line=${line#"${line%%[![:space:]]*}"}
		line=${line#"$word"}
	done
	# Only what stands behind the last "=" or ":" is replaced.
	strip=${words[-1]%"$word"}
	[[ $word == [=:] ]] && strip=${words[-1]}
	word=${words[-1]#"$strip"}
	program=${words[0]/#~\//"$HOME"/}
	while IFS= read -r candidate; do
		case $candidate in
		$'\t'files) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames 2>/dev/null ;;
		$'\t'dirs) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$word"); compopt -o filenames 2>/dev/null ;;
		# With "filenames" bash would look for "@NAME", and without it inserts names as they are: they are quoted here.
		$'\t'at) [[ $word == @* ]] && while IFS= read -r candidate; do
				printf -v candidate '@%q' "$candidate"
				COMPREPLY+=("$candidate")
			done < <(compgen -f -- "${word#@}") ;;
		*) COMPREPLY+=("${candidate#"$strip"}") ;;
		esac
	done < <("$program" __complete "${words[@]:1}" 2>/dev/null </dev/null)
}
complete -F _aced_complete acectl ace-client ace-device aced
