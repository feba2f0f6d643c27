import ArgumentParser

@main
struct Martlet: ParsableCommand {}
