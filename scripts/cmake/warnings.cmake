# One warning set for everything of ours. Packages are SYSTEM includes, so it does not reach them.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
