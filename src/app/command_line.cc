#include <sys/stat.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>

#include "app/admin.h"
#include "app/audit.h"
#include "app/commands.h"
#include "app/doctor.h"
#include "app/import_flags.h"
#include "app/version.h"

namespace tessera::app {

namespace {

// Flags that say where settings come from and override them.
struct SettingFlags {
  std::string file;
  std::string data;
  std::string listen;
  std::string user;
  std::vector<std::string> set;
  bool insecure = false;
  bool cleartext = false;

  Result<Config> resolve(char** environment) const {
    Config config;
    if (!file.empty()) {
      RETURN_IF_ERROR(read_config_file(config, file));
    }
    RETURN_IF_ERROR(read_environment(config, environment));
    for (const std::string& setting : set) {
      const std::size_t equals = setting.find('=');
      if (equals == setting.npos) {
        return Status(Code::InvalidArgument, "--set wants KEY=VALUE, not '" + setting + "'");
      }
      RETURN_IF_ERROR(set_key(config, setting.substr(0, equals), setting.substr(equals + 1)));
    }
    if (!data.empty()) {
      RETURN_IF_ERROR(set_key(config, "data", data));
    }
    if (!listen.empty()) {
      RETURN_IF_ERROR(set_key(config, "listen", listen));
    }
    if (!user.empty()) {
      RETURN_IF_ERROR(set_key(config, "user", user));
    }
    config.insecure_no_auth = config.insecure_no_auth || insecure;
    config.allow_cleartext = config.allow_cleartext || cleartext;
    return config;
  }
};

void add_setting_flags(CLI::App& command, SettingFlags& flags) {
  command.add_option("--config", flags.file, "TOML file with settings (doc/configuration.md)");
  command.add_option("--data", flags.data, "data folder (default ./tessera-data)");
  command.add_option("--set", flags.set, "KEY=VALUE: any setting of doc/configuration.md");
}

void add_label_flags(CLI::App& command, convert::Options& options) {
  convert::Labels& labels = options.labels;
  command.add_option("--patient-name", labels.patient_name, "PatientName, as Family^Given");
  command.add_option("--patient-id", labels.patient_id, "PatientID");
  command.add_option("--patient-birth-date", labels.patient_birth_date, "PatientBirthDate, yyyyMMdd");
  command.add_option("--patient-sex", labels.patient_sex, "PatientSex: M, F or O");
  command.add_option("--accession-number", labels.accession_number, "AccessionNumber");
  command.add_option("--study-id", labels.study_id, "StudyID");
  command.add_option("--study-description", labels.study_description, "StudyDescription");
  command.add_option("--study-date", labels.study_date, "StudyDate, yyyyMMdd");
  command.add_option("--study-uid", labels.study_uid, "StudyInstanceUID, to put several slides into one study");
  command.add_option("--case-id", labels.case_id, "slides of one case share a study (default: the accession number)");
  command.add_option("--stain", labels.stain, "the stain: H&E, or any text");
  command.add_option("--container-id", labels.container_id, "ContainerIdentifier: the slide's barcode");
  command.add_option("--specimen-id", labels.specimen_id, "SpecimenIdentifier");
  command.add_flag("--no-label", options.leave_out.label, "leave the label image out: it may show patient data");
  command.add_flag("--no-overview", options.leave_out.overview, "leave the overview out: it shows the label too");
  command.add_flag("--no-thumbnail", options.leave_out.thumbnail, "leave the thumbnail out");
  command.add_option(
      "--mpp",
      [&options](const CLI::results_t& words) {
        double micrometres = 0;
        const bool read = CLI::detail::lexical_cast(words.front(), micrometres) && micrometres > 0;
        options.mm_per_pixel = micrometres / 1000;
        return read;
      },
      "micrometres per pixel, where the file does not say");
}

int complain(const Status& status) {
  std::fprintf(stderr, "tessera: %s\n", std::string(status.message()).c_str());
  return 2;
}

// What the command that was named does; set while the line is read.
using Run = std::function<int()>;

// Runs `command` with the settings that file, environment and flags make.
int with_config(const SettingFlags& flags, char** environment, const std::function<int(const Config&)>& command) {
  ::umask(S_IRWXG | S_IRWXO);  // what is made in a data folder is its owner's alone
  const Result<Config> config = flags.resolve(environment);
  return config.ok() ? command(*config) : complain(config.status());
}

void add_serve(CLI::App& program, SettingFlags& flags, char** environment, Run& run) {
  CLI::App* serve = program.add_subcommand("serve", "run the server");
  add_setting_flags(*serve, flags);
  serve->add_option("--listen", flags.listen, "HOST:PORT (default 127.0.0.1:8080; port 0 picks one)");
  serve->add_option("--user", flags.user, "the user that a server started as root becomes");
  serve->add_flag("--insecure-no-auth", flags.insecure, "listen beyond loopback without authentication");
  serve->add_flag("--insecure-cleartext", flags.cleartext, "listen beyond loopback without TLS");
  auto print = std::make_shared<bool>(false);
  serve->add_flag("--print-config", *print, "print the settings that result, secrets masked, and end");
  serve->callback([&flags, &run, environment, print] {
    run = [&flags, environment, print] {
      return with_config(flags, environment, [print](const Config& config) {
        if (*print) {
          std::cout << print_config(config);
          return 0;
        }
        const Status checked = check_config(config);
        return checked.ok() ? run_serve(config) : complain(checked);
      });
    };
  });
}

void add_import(CLI::App& program, SettingFlags& flags, char** environment, Run& run) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* import = program.add_subcommand("import", "take DICOM files, folders and slides in");
  add_import_flags(*import, *arguments);
  add_setting_flags(*import, flags);
  add_label_flags(*import, arguments->convert);
  import->callback([&flags, &run, environment, arguments] {
    run = [&flags, environment, arguments] {
      return with_config(flags, environment,
                         [arguments](const Config& config) { return run_import(*arguments, config);
});
};  // namespace
}  // namespace tessera::app
);
}

void add_convert(CLI::App& program, Run& run) {
  auto arguments = std::make_shared<ConvertArguments>();
  CLI::App* convert = program.add_subcommand("convert", "slide to DICOM files");
  convert->add_option("SLIDE", arguments->slide, "the slide")->required();
  convert->add_option("-o,--output", arguments->output, "folder for the files")->required();
  add_label_flags(*convert, arguments->convert);
  convert->callback([&run, arguments] { run = [arguments] { return run_convert(*arguments); }; });
}

// Offers `use` as a subcommand of `parent` that takes the usual settings.
CLI::App* add_command(CLI::App& parent, const char* name, const char* use, SettingFlags& flags, char** environment,
                      Run& run, std::function<int(const Config&)> command) {
  CLI::App* added = parent.add_subcommand(name, use);
  add_setting_flags(*added, flags);
  added->callback([&flags, &run, environment, command] {
    run = [&flags, environment, command] { return with_config(flags, environment, command); };
  });
  return added;
}

void add_keys(CLI::App& admin, SettingFlags& flags, char** environment, Run& run) {
  CLI::App* keys = admin.add_subcommand("keys", "API keys for scanners and scripts");
  keys->require_subcommand(1);
  auto arguments = std::make_shared<KeyArguments>();
  CLI::App* add = add_command(*keys, "add", "make a key and print it, once", flags, environment, run,
                              [arguments](const Config& config) { return run_add_key(config, *arguments); });
  add->add_option("NAME", arguments->name, "what policies and logs call it")->required();
  add->add_option("--role", arguments->roles, "a role of the policy; may be given more than once")->required();
  add->add_option("--expires", arguments->expires, "the last day (2027-01-31, UTC) or a number of days");
  add_command(*keys, "list", "all keys, without their secrets", flags, environment, run, run_list_keys);
  add_command(*keys, "revoke", "from now on the key is nothing", flags, environment, run,
              [arguments](const Config& config) { return run_revoke_key(config, *arguments); })
      ->add_option("NAME", arguments->name, "the key")
      ->required();
}

void add_admin(CLI::App& program, SettingFlags& flags, char** environment, Run& run) {
  CLI::App* admin = program.add_subcommand("admin", "look after a data folder");
  admin->require_subcommand(1);
  auto force = std::make_shared<bool>(false);
  add_command(*admin, "rebuild-catalog", "make the catalog again from the stored images", flags, environment, run,
              [force](const Config& config) { return run_rebuild_catalog(config, *force); })
      ->add_flag("--force", *force, "replace a catalog that is there");
  auto gc = std::make_shared<GcArguments>();
  CLI::App* collect = add_command(*admin, "gc", "remove what nobody needs any more, now", flags, environment, run,
                                  [gc](const Config& config) { return run_gc(config, *gc); });
  collect->add_flag("--dry-run", gc->dry_run, "only say what would go");
  collect->add_option("--older-than-hours", gc->older_than_hours, "of files that no row names (default 24)");
  collect->add_flag("--orphan-images", gc->orphan_images, "remove whole images that no row names, too");
  add_keys(*admin, flags, environment, run);
}

void add_verify_audit(CLI::App& program, SettingFlags& flags, char** environment, Run& run) {
  auto arguments = std::make_shared<VerifyAuditArguments>();
  CLI::App* command =
      add_command(*program.get_subcommand("admin"), "verify-audit", "say whether the audit trail is whole", flags,
                  environment, run, [arguments](const Config& config) { return run_verify_audit(config, *arguments); });
  command->add_option("--anchor", arguments->anchors, "NUMBER:HASH of a line that must be there (the log names some)");
  command->add_flag("--json", arguments->json, "the result as JSON");
}

void add_doctor(CLI::App& program, SettingFlags& flags, char** environment, Run& run) {
  auto json = std::make_shared<bool>(false);
  auto access = std::make_shared<std::vector<std::string>>();
  CLI::App* doctor = add_command(program, "doctor", "say what is wrong with the set-up, and how to mend it", flags,
                                 environment, run, [json, access](const Config& config) {
                                   return access->empty() ? run_doctor(config, *json)
                                                          : run_explain_access(config, access->front(), access->back());
                                 });
  doctor->add_option("--explain-access", *access, "WHO WHAT: why somebody may, or may not (doc/authorisation.md)")
      ->expected(2);
  doctor->add_option("--listen", flags.listen, "HOST:PORT, where it is not the configuration's");
  doctor->add_flag("--json", *json, "findings as JSON");
}

// "20000x15000"
bool read_size(const std::string& text, convert::DemoOptions& demo) {
  const std::size_t times = text.find_first_of("xX");
  return times != text.npos && text.find('-') == text.npos &&
         CLI::detail::lexical_cast(text.substr(0, times), demo.width) &&
         CLI::detail::lexical_cast(text.substr(times + 1), demo.height);
}

void add_demo(CLI::App& program, Run& run) {
  auto arguments = std::make_shared<DemoArguments>();
  convert::DemoOptions& demo = arguments->demo;
  demo.threads = 0;
  CLI::App* command = program.add_subcommand("demo", "a synthetic pyramidal slide of any size");
  command->add_option("-o,--output", arguments->output, "the BigTIFF to write")->required();
  command
      ->add_option(
          "--size", [&demo](const CLI::results_t& words) { return read_size(words.front(), demo); },
          "WIDTHxHEIGHT in pixels (default 20000x15000)")
      ->check([](const std::string& text) {
        convert::DemoOptions read;
        return read_size(text, read) ? std::string() : "'" + text + "' is not WIDTHxHEIGHT, such as 20000x15000";
      });
  command->add_option("--seed", demo.seed, "another seed, another slide (default 1)")->check(CLI::NonNegativeNumber);
  command->add_option("--tile", demo.tile, "pixels a tile's side has (default 512)");
  command->add_option("--mpp", demo.micrometres_per_pixel, "micrometres per pixel (default 0.25)");
  command->add_option("--quality", demo.quality, "of the JPEG tiles, 1 to 100 (default 80)");
  command->add_option("--threads", demo.threads, "(default: one a core; the bytes are the same)");
  command->add_flag("--force", demo.replace, "replace a file that is there");
  command->callback([&run, arguments] { run = [arguments] { return run_demo(*arguments); }; });
}

void add_check(CLI::App& program, Run& run) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = program.add_subcommand("check", "is this valid (whole-slide) DICOM");
  command->add_option("PATH", arguments->paths, "files and folders")->required();
  command->add_flag("--json", arguments->json, "findings as JSON");
  command->callback([&run, arguments] { run = [arguments] { return run_check(*arguments); }; });
}

}  // namespace

int run_command_line(int argc, char** argv, char** environment) {
  CLI::App program{"Tessera: whole slides in, DICOMweb tiles out", "tessera"};
  program.set_version_flag("--version", std::string("tessera ") + kVersion);
  program.require_subcommand(1);
  SettingFlags flags;
  Run run;
  add_serve(program, flags, environment, run);
  add_import(program, flags, environment, run);
  add_convert(program, run);
  add_admin(program, flags, environment, run);
  add_verify_audit(program, flags, environment, run);
  add_doctor(program, flags, environment, run);
  add_demo(program, run);
  add_check(program, run);
  program.add_subcommand("routes", "")->group("")->callback([&run] { run = run_routes; });  // for the tests
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  }
  return run();
}

}  // namespace tessera::app
