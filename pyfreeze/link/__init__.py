"""Object files to extension modules, with the platform's linker."""
