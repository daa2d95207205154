// make_vendor: the XML that Philips, Leica and OME writers put into tag 270, for the slides of make_slide.h.
// Every field is a knob that some test turns the wrong way.
#pragma once

#include <string>
#include <vector>

namespace tessera::test_support {

struct PhilipsKnobs {
  // One per level: DICOM_PIXEL_SPACING as it stands in the file, rows first.
  std::vector<std::string> spacings = {"\"0.00025\" \"0.0005\"", "\"0.0005\" \"0.001\"", "\"0.001\" \"0.002\""};
  int slides = 1;                    // scanned images of type WSI
  std::string label, macro;          // base64
  std::string barcode = "QjctMTIz";  // B7-123
  std::string acquired = "20130718122300.000000";
  std::string derivation = "tiff-useRgb=0-levels=40,10002-q80-sourceFilename=a-levels=7";
};

inline std::string philips_attribute(const std::string& name, const std::string& value) {
  std::string escaped;
  for (const char c : value) {
    escaped += c == '"' ? "&quot;" : std::string(1, c);
  }
  return "<Attribute Name=\"" + name + "\" Group=\"0x0008\" Element=\"0x0070\" PMSVR=\"IString\">" + escaped +
         "</Attribute>";
}

inline std::string philips_array(const std::string& name, const std::string& objects) {
  return "<Attribute Name=\"" + name + "\" PMSVR=\"IDataObjectArray\"><Array>" + objects + "</Array></Attribute>";
}

inline std::string philips_xml(const PhilipsKnobs& knobs = {}) {
  std::string levels, images;
  for (std::size_t i = 0; i < knobs.spacings.size(); ++i) {
    levels += "<DataObject ObjectType=\"PixelDataRepresentation\">" +
              philips_attribute("PIIM_PIXEL_DATA_REPRESENTATION_NUMBER", std::to_string(i)) +
              philips_attribute("DICOM_PIXEL_SPACING", knobs.spacings[i]) + "</DataObject>";
  }
  for (int i = 0; i < knobs.slides; ++i) {
    images +=
        "<DataObject ObjectType=\"DPScannedImage\">" + philips_attribute("PIM_DP_IMAGE_TYPE", "WSI") +
        philips_attribute("DICOM_DERIVATION_DESCRIPTION", knobs.derivation) +
        (knobs.spacings.empty() ? std::string() : philips_attribute("DICOM_PIXEL_SPACING", knobs.spacings.front())) +
        philips_array("PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE", levels) + "</DataObject>";
  }
  for (const auto& [type, data] : {std::pair{"LABELIMAGE", &knobs.label}, std::pair{"MACROIMAGE", &knobs.macro}}) {
    if (!data->empty()) {
      images += "<DataObject ObjectType=\"DPScannedImage\">" + philips_attribute("PIM_DP_IMAGE_TYPE", type) +
                philips_attribute("PIM_DP_IMAGE_DATA", *data) + "</DataObject>";
    }
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<DataObject ObjectType=\"DPUfsImport\">" +
         philips_attribute("DICOM_MANUFACTURER", "PHILIPS") +
         philips_attribute("DICOM_ACQUISITION_DATETIME", knobs.acquired) +
         philips_attribute("DICOM_DEVICE_SERIAL_NUMBER", "FMT0107") +
         philips_attribute("DICOM_SOFTWARE_VERSIONS", "\"1.6.5505\" \"20130322_R34\"") +
         philips_attribute("PIM_DP_UFS_BARCODE", knobs.barcode) + philips_array("PIM_DP_SCANNED_IMAGES", images) +
         "</DataObject>";
}

struct ScnKnobs {
  std::string name_space = "http://www.leica-microsystems.com/scn/2010/10/01";
  int levels = 3, first_directory = 0;  // the region's
  int regions = 1;
  int overview_directory = -1;
  int planes = 1, channels = 1;
  std::string light = "brightfield";
  std::string barcode = "<barcode>QjctMTIz</barcode>";
};

inline std::string scn_xml(const ScnKnobs& knobs = {}) {
  const auto image = [&](const std::string& view, int first, int count, int planes, int channels) {
    std::string dimensions;
    for (int level = 0; level < count; ++level) {
      for (int plane = 0; plane < planes * channels; ++plane) {
        dimensions += "<dimension r=\"" + std::to_string(level) + "\" ifd=\"" + std::to_string(first + level) +
                      "\" z=\"" + std::to_string(plane / channels) + "\" c=\"" + std::to_string(plane % channels) +
                      "\" sizeX=\"200\" sizeY=\"150\"/>";
      }
    }
    return "<image name=\"i\"><creationDate>2013-09-25T15:26:57.45Z</creationDate><device model=\"Leica SCN400\" "
           "version=\"1.5.1\"/><pixels sizeX=\"200\" sizeY=\"150\">" +
           dimensions + "</pixels><view " + view +
           "/><scanSettings><objectiveSettings><objective>20</objective></objectiveSettings><illuminationSettings>"
           "<numericalAperture>0.4</numericalAperture><illuminationSource>" +
           knobs.light + "</illuminationSource></illuminationSettings></scanSettings></image>";
  };
  std::string images;
  if (knobs.overview_directory >= 0) {
    images +=
        image("sizeX=\"26000000\" sizeY=\"76000000\" offsetX=\"0\" offsetY=\"0\"", knobs.overview_directory, 1, 1, 1);
  }
  for (int region = 0; region < knobs.regions; ++region) {  // 0.5 by 0.25 micrometres a pixel of 200 x 150
    images += image("sizeX=\"100000\" sizeY=\"37500\" offsetX=\"9000000\" offsetY=\"20000000\"", knobs.first_directory,
                    knobs.levels, knobs.planes, knobs.channels);
  }
  return "<?xml version=\"1.0\"?><scn xmlns=\"" + knobs.name_space +
         "\"><collection name=\"c\" sizeX=\"26000000\" sizeY=\"76000000\">" + knobs.barcode + images +
         "</collection></scn>";
}

struct OmeKnobs {
  int depth = 1, times = 1, channels = 1, samples = 3;
  std::string spacing =
      "PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"\xC2\xB5m\" PhysicalSizeY=\"250\" PhysicalSizeYUnit=\"nm\"";
  std::string data = "<TiffData IFD=\"0\" PlaneCount=\"1\"><UUID FileName=\"a.ome.tif\">urn:uuid:1</UUID></TiffData>";
  std::string more_images;  // Image elements after the slide's
};

inline std::string ome_image(const std::string& name, int directory, int samples = 3) {
  return "<Image ID=\"Image:9\" Name=\"" + name +
         "\"><Pixels SizeX=\"64\" SizeY=\"64\" SizeZ=\"1\" SizeT=\"1\" SizeC=\"" + std::to_string(samples) +
         "\"><Channel SamplesPerPixel=\"" + std::to_string(samples) + "\"/><TiffData IFD=\"" +
         std::to_string(directory) + "\"/></Pixels></Image>";
}

inline std::string ome_xml(const OmeKnobs& knobs = {}) {
  std::string channels;
  for (int i = 0; i < knobs.channels; ++i) {
    channels += "<Channel ID=\"Channel:0:" + std::to_string(i) + "\" SamplesPerPixel=\"" +
                std::to_string(knobs.samples) + "\"/>";
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- Warning: metadata --><OME "
         "xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\" Creator=\"maker 1.0\" UUID=\"urn:uuid:1\">"
         "<Instrument ID=\"Instrument:0\"><Microscope Manufacturer=\"Acme\" Model=\"M1\" SerialNumber=\"S1\"/>"
         "<Objective ID=\"Objective:0:0\" NominalMagnification=\"40.0\"/></Instrument><Image ID=\"Image:0\" "
         "Name=\"slide\"><AcquisitionDate>2020-03-01T10:20:30</AcquisitionDate><InstrumentRef ID=\"Instrument:0\"/>"
         "<ObjectiveSettings ID=\"Objective:0:0\"/><Pixels SizeX=\"200\" SizeY=\"150\" SizeZ=\"" +
         std::to_string(knobs.depth) + "\" SizeT=\"" + std::to_string(knobs.times) + "\" SizeC=\"" +
         std::to_string(knobs.channels * knobs.samples) + "\" Type=\"uint8\" " + knobs.spacing + ">" + channels +
         knobs.data + "</Pixels></Image>" + knobs.more_images + "</OME>";
}

}  // namespace tessera::test_support
