#include "app/commands.h"

extern char** environ;

int main(int argc, char** argv) {
  return tessera::app::run_command_line(argc, argv, environ);
}
