#include "cli/program.h"

int main(int argc, char** argv) { return starling::cli::RunMain(argc, argv); }
